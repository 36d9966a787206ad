from collector.rules.alert import RESOLVED_RETENTION_MS, Alert

MINUTE = 60_000


def alert() -> Alert:
    return Alert({"alertname": "A"}, {}, 1.0, active_at_ms=MINUTE)


def test_a_pending_alert_fires_when_its_time_has_come() -> None:
    one = alert()
    one.advance(MINUTE, 2 * MINUTE)
    assert one.state == "pending"
    one.advance(3 * MINUTE, 2 * MINUTE)
    assert (one.state, one.fired_at_ms) == ("firing", 3 * MINUTE)


def test_a_pending_alert_is_forgotten_and_a_firing_one_resolved() -> None:
    assert not alert().recede(2 * MINUTE, 0)
    one = alert()
    one.advance(MINUTE, 0)
    assert one.recede(2 * MINUTE, 0)
    assert (one.state, one.resolved_at_ms) == ("inactive", 2 * MINUTE)
    assert one.recede(3 * MINUTE, 0)
    assert not one.recede(2 * MINUTE + RESOLVED_RETENTION_MS + 1, 0)


def test_a_firing_alert_is_kept_for_a_while() -> None:
    one = alert()
    one.advance(MINUTE, 0)
    assert one.recede(2 * MINUTE, 5 * MINUTE)
    assert one.state == "firing"
    one.advance(3 * MINUTE, 0)
    assert one.keep_firing_since_ms == 0
    one.recede(4 * MINUTE, 5 * MINUTE)
    assert one.recede(9 * MINUTE, 5 * MINUTE)
    assert one.state == "inactive"


def test_alerts_are_sent_again_after_a_while_and_at_once_when_resolved() -> None:
    one = alert()
    assert not one.needs_sending(MINUTE, MINUTE)
    one.advance(MINUTE, 0)
    assert one.needs_sending(2 * MINUTE, MINUTE)
    one.last_sent_ms = 2 * MINUTE
    assert not one.needs_sending(3 * MINUTE, MINUTE)
    assert one.needs_sending(3 * MINUTE + 1, MINUTE)
    one.recede(2 * MINUTE + 5, 0)
    assert one.needs_sending(2 * MINUTE + 5, MINUTE)
