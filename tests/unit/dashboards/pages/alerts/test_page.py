"""The tabs of the alerts page."""

import pytest

from dashboards.pages.alerts.page import show
from dashboards.pages.base import PageContext
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


async def test_quiet_is_said() -> None:
    api = Api()
    api.stub.groups.clear()
    assert "All quiet" in shown(await show(context(api), "firing", ""))
