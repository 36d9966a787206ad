"""Making and changing a silence."""

from dashboards.pages.alerts.form import KEEP, fill_from, preview, save_silence
from dashboards.pages.base import PageContext
from tests.support.stub_sources import alert
from tests.unit.dashboards.api.support import Api

SILENCE = {
    "id": "s1",
    "matchers": [{"name": "a", "value": "b.*", "isRegex": True, "isEqual": False}],
    "startsAt": "2026-01-31T10:00:00Z",
    "endsAt": "2026-01-31T18:00:00Z",
    "createdBy": "chen",
    "comment": "racks",
    "status": {"state": "active"},
}


async def test_a_silence_reaches_alerting() -> None:
    api = Api()
    problem = await save_silence(PageContext(api.services, "/alerts"), 'a="b"', "2h", "chen", "racks", None)
    assert problem == ""
    made = api.stub.silences[0]
    assert (made["createdBy"], made["comment"]) == ("chen", "racks")
    assert (made["startsAt"], made["endsAt"]) == ("2026-01-31T12:00:00.000Z", "2026-01-31T14:00:00.000Z")
    assert made["matchers"] == [{"name": "a", "value": "b", "isRegex": False, "isEqual": True}]


async def test_problems_are_told_instead_of_sent() -> None:
    api = Api()
    context = PageContext(api.services, "/alerts")
    assert "cannot read" in await save_silence(context, "a", "2h", "", "", None)
    assert "Say for how long" in await save_silence(context, "a=b", "", "", "", None)
    assert api.stub.silences == []


def test_a_silence_fills_the_form_that_changes_it() -> None:
    fill = fill_from(SILENCE)
    assert (fill.matchers, fill.author, fill.comment, fill.duration) == ('a!~"b.*"', "chen", "racks", KEEP)
    assert fill.editing == {name: SILENCE[name] for name in ("id", "startsAt", "endsAt")}


def test_an_expired_silence_is_the_model_for_a_new_one() -> None:
    fill = fill_from({**SILENCE, "status": {"state": "expired"}})
    assert (fill.editing, fill.duration) == (None, "2h")


async def test_a_changed_silence_keeps_its_identity_start_and_end() -> None:
    api = Api()
    editing = fill_from(SILENCE).editing
    context = PageContext(api.services, "/alerts")
    assert await save_silence(context, "a=c", KEEP, "chen", "more racks", editing) == ""
    made = api.stub.silences[0]
    assert [made[name] for name in ("id", "startsAt", "endsAt")] == list((editing or {}).values())
    assert await save_silence(context, "a=c", "1h", "chen", "more racks", editing) == ""
    assert [silence["endsAt"] for silence in api.stub.silences] == ["2026-01-31T13:00:00.000Z"]


async def test_the_preview_counts_what_would_be_silenced() -> None:
    api = Api()
    api.stub.groups.append({"labels": {}, "receiver": {"name": "r"}, "alerts": [alert("Down", "warning", site="x")]})
    context = PageContext(api.services, "/alerts")
    assert await preview(context, "alertname=Down") == "Matches 2 firing now: Down (2)"
    assert await preview(context, "alertname=Down, site=x") == "Matches 1 firing now: Down"
    assert await preview(context, "alertname=Up") == "No alert that fires now matches."
    assert await preview(context, "alertn") == ""
