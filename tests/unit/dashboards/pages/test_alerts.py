"""The tabs of the alerts page."""

import pytest

from dashboards.pages.alerts import show
from dashboards.pages.base import PageContext
from tests.support.stub_sources import alert
from tests.unit.dashboards.api.support import Api
from tests.unit.dashboards.pages.test_targets import shown


def context(api: Api) -> PageContext:
    return PageContext(api.services, "/alerts")


@pytest.mark.parametrize(
    ("tab", "words"),
    [("firing", "Down happened"), ("rules", "up == 0"), ("silences", "No silences"), ("history", "Sent")],
)
async def test_each_tab_shows_its_source(tab: str, words: str) -> None:
    assert words in shown(await show(context(Api()), tab, ""))


async def test_alerts_are_filtered_and_linked_to_their_expression() -> None:
    api = Api()
    text = shown(await show(context(api), "firing", "b:9100"))
    assert "/explore?expr=up+%3D%3D+0" in text
    assert "No alert matches" in shown(await show(context(api), "firing", "zzz"))


async def test_a_silenced_alert_is_muted_and_cannot_be_silenced_again() -> None:
    api = Api()
    silenced = alert("Other")
    silenced["status"] = {"state": "suppressed", "silencedBy": ["x"], "inhibitedBy": []}
    api.stub.groups = [{"labels": {}, "receiver": {"name": "r"}, "alerts": [silenced]}]
    text = shown(await show(context(api), "firing", ""))
    assert "Silenced" in text
    assert "alert-silence" not in text


async def test_quiet_is_said() -> None:
    api = Api()
    api.stub.groups.clear()
    assert "All quiet" in shown(await show(context(api), "firing", ""))
