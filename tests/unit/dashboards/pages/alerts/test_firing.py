"""Alerts that fire."""

import pytest

from dashboards.pages.alerts.firing import firing, severity_state, wanted, worst
from dashboards.pages.base import PageContext
from tests.support.stub_sources import alert
from tests.unit.dashboards.api.support import Api
from tests.unit.dashboards.pages.test_targets import shown


def test_a_silenced_alert_is_muted_and_cannot_be_silenced_again() -> None:
    silenced = alert("Other")
    silenced["status"] = {"state": "suppressed", "silencedBy": ["x"], "inhibitedBy": []}
    group = {"labels": {}, "receiver": {"name": "r"}, "alerts": [silenced]}
    text = shown(firing(PageContext(Api().services, "/alerts"), [group], [], ""))
    assert "Silenced" in text
    assert "alert-silence" not in text


@pytest.mark.parametrize(
    ("severity", "state"), [("critical", "critical"), ("Warning", "warn"), ("info", "info"), ("odd", "serious")]
)
def test_severities_have_their_colour(severity: str, state: str) -> None:
    assert severity_state({"severity": severity}) == state


def test_all_words_of_a_filter_must_occur() -> None:
    assert wanted("down B:", {"alertname": "Down"}, {"instance": "b:9100"})
    assert not wanted("down c", {"alertname": "Down"})


def test_a_group_has_the_colour_of_its_worst_active_alert() -> None:
    silenced = alert("A", "critical")
    silenced["status"] = {"state": "suppressed"}
    assert worst([alert("A", "info"), alert("A", "warning"), silenced]) == "warn"
    assert worst([silenced]) == "unknown"
