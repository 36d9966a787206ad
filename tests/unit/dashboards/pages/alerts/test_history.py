"""What was sent."""

from dashboards.pages.alerts.history import history
from dashboards.pages.base import PageContext
from tests.unit.dashboards.api.support import Api
from tests.unit.dashboards.pages.test_targets import shown

FAILED = {"at": "2026-01-31T12:00:00Z", "receiver": "chat", "kind": "slack", "success": False, "error": "404 no_team"}


def test_a_failure_is_told_with_the_answer() -> None:
    text = shown(history(PageContext(Api().services, "/alerts"), [FAILED], ""))
    assert "Failed" in text
    assert "404 no_team" in text


def test_a_long_list_of_alerts_is_cut() -> None:
    entry = {**FAILED, "alerts": [{"status": "firing", "labels": {"alertname": f"A{n}"}} for n in range(15)]}
    text = shown(history(PageContext(Api().services, "/alerts"), [entry], ""))
    assert "+ 3" in text
    assert "A14" not in text


def test_a_server_without_history_is_told_apart_from_silence() -> None:
    context = PageContext(Api().services, "/alerts")
    assert "keeps no history" in shown(history(context, None, ""))
    assert "Nothing was sent yet" in shown(history(context, [], ""))
    assert "No notification matches" in shown(history(context, [FAILED], "zzz"))
