"""Making a silence."""

from dashboards.pages.base import PageContext
from dashboards.pages.silence_form import create_silence
from tests.unit.dashboards.api.support import Api


async def test_a_silence_reaches_alerting() -> None:
    api = Api()
    problem = await create_silence(PageContext(api.services, "/alerts"), 'a="b"', "2h", "chen", "racks")
    assert problem == ""
    made = api.stub.silences[0]
    assert (made["createdBy"], made["comment"]) == ("chen", "racks")
    assert (made["startsAt"], made["endsAt"]) == ("2026-01-31T12:00:00.000Z", "2026-01-31T14:00:00.000Z")
    assert made["matchers"] == [{"name": "a", "value": "b", "isRegex": False, "isEqual": True}]


async def test_problems_are_told_instead_of_sent() -> None:
    api = Api()
    context = PageContext(api.services, "/alerts")
    assert "cannot read" in await create_silence(context, "a", "2h", "", "")
    assert "Say for how long" in await create_silence(context, "a=b", "", "", "")
    assert api.stub.silences == []
