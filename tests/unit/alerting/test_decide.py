import pytest

from alerting.decide import Reason, Told, decide

A, B = "a", "b"


@pytest.mark.parametrize(
    ("told", "firing", "resolved", "reason"),
    [
        (None, {A}, {}, Reason.FIRST),
        (None, {}, {A}, Reason.NOTHING),
        (Told(0, frozenset({A})), {A, B}, {}, Reason.NEW_ALERTS),
        (Told(0, frozenset(), frozenset({A})), {A}, {}, Reason.FIRST),
        (Told(0, frozenset({A})), {}, {A}, Reason.ALL_RESOLVED),
        (Told(0, frozenset(), frozenset({A})), {}, {A, B}, Reason.NOTHING),
        (Told(0, frozenset({A, B})), {A}, {B}, Reason.NEW_RESOLVED),
        (Told(0, frozenset({A}), frozenset({B})), {A}, {B}, Reason.NOTHING),
        (Told(-3601, frozenset({A})), {A}, {}, Reason.REPEAT),
        (Told(-3600, frozenset({A})), {A}, {}, Reason.NOTHING),
    ],
)
def test_reasons(told: Told | None, firing: set[str], resolved: set[str], reason: Reason) -> None:
    assert decide(told, firing, resolved, send_resolved=True, repeat_s=3600, now=0) is reason


def test_without_send_resolved_an_end_is_no_reason() -> None:
    told = Told(0, frozenset({A, B}))
    assert decide(told, {A}, {B}, send_resolved=False, repeat_s=3600, now=0) is Reason.NOTHING
    assert decide(told, {}, {A, B}, send_resolved=False, repeat_s=3600, now=0) is Reason.ALL_RESOLVED
