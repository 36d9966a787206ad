"""Home."""

import asyncio

import pytest

from dashboards.pages.base import PageContext
from dashboards.pages.home import by_job, state
from dashboards.sources.prometheus import Series
from tests.unit.dashboards.api.support import Api
from tests.unit.dashboards.pages.test_targets import shown


def test_parts_that_are_down_come_first() -> None:
    series = [
        Series({"job": "a"}, [1.0]),
        Series({"job": "pharos", "part": "store"}, [0.0]),
        Series({"job": "b"}, [1.0]),
        Series({"job": "b"}, [0.0]),
    ]
    assert by_job(series) == {"b": (1, 2), "store": (0, 1), "a": (1, 1)}


async def test_home_knows_parts_alerts_and_errors() -> None:
    api = Api()
    api.clock.at = api.stub.lines[-1]["@timestamp"] / 1000 + 1
    parts, alerts, errors = await state(PageContext(api.services, "/"))
    assert "partly down" in shown(parts)
    assert "Down happened" in shown(alerts)
    assert "request 25 served" in shown(errors)


async def test_quiet_times_are_said() -> None:
    api = Api()
    api.stub.groups.clear()
    api.stub.targets.clear()
    parts, alerts, errors = await state(PageContext(api.services, "/"))
    assert "Nothing has been scraped yet" in shown(parts)
    assert "All quiet" in shown(alerts)
    assert "No errors" in shown(errors)


async def test_a_source_that_hangs_does_not_hold_up_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("dashboards.pages.home.PATIENCE_S", 0.01)
    monkeypatch.setattr(api.services.sources.prometheus, "query_instant", never)
    parts, alerts, _ = await state(PageContext(api.services, "/"))
    assert "did not answer within 0.01 s" in shown(parts)
    assert "Down" in shown(alerts)
