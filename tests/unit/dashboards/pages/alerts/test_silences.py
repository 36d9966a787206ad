"""The list of silences."""

from dashboards.pages.alerts.silences import silences
from dashboards.pages.base import PageContext
from tests.unit.dashboards.api.support import Api
from tests.unit.dashboards.pages.alerts.test_form import SILENCE
from tests.unit.dashboards.pages.test_targets import shown


def listed(text: str = "") -> str:
    expired = {**SILENCE, "id": "s0", "comment": "over", "status": {"state": "expired"}}
    return shown(silences(PageContext(Api().services, "/alerts"), [expired, SILENCE], text))


def test_those_in_force_come_first() -> None:
    assert listed().index("racks") < listed().index("over")


def test_one_in_force_is_changed_or_ended_and_an_expired_one_made_again() -> None:
    assert listed().count('"type": "silence-expire"') == 1
    assert listed().count('"type": "silence-edit"') == 2
    assert "Again" in listed()


def test_a_filter_that_finds_nothing_says_so() -> None:
    assert "No silence matches the filter" in listed("zzz")
