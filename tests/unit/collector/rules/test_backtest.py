import numpy as np
import pytest

from collector.rules.backtest import Period, Span, periods

STEP = 60_000


def states(marks: str, hold_s: int = 0, keep_s: int = 0) -> list[tuple[str, int, int, bool]]:
    """`..xx.`: x where the condition held; times in minutes."""
    present = np.array([mark == "x" for mark in marks])
    times = np.arange(len(marks), dtype=np.int64) * STEP
    found = periods(present, times, STEP, hold_s * 1000, keep_s * 1000)
    return [(p.state, p.start_ms // STEP, p.end_ms // STEP, p.open) for p in found]


@pytest.mark.parametrize(
    ("marks", "hold_s", "keep_s", "expected"),
    [
        ("....", 0, 0, []),
        (".xx.", 0, 0, [("firing", 1, 3, False)]),
        (".xx.", 120, 0, [("pending", 1, 3, False)]),
        (".xxxx.", 120, 0, [("pending", 1, 3, False), ("firing", 3, 5, False)]),
        (".xxx", 120, 0, [("pending", 1, 3, False), ("firing", 3, 4, True)]),
        ("x..x", 0, 0, [("firing", 0, 1, False), ("firing", 3, 4, True)]),
        ("x.x..", 0, 120, [("firing", 0, 5, False)]),
        ("x....x.", 0, 120, [("firing", 0, 3, False), ("firing", 5, 8, False)]),
    ],
)
def test_periods(marks: str, hold_s: int, keep_s: int, expected: list[tuple[str, int, int, bool]]) -> None:
    assert expected == states(marks, hold_s, keep_s)


def test_a_span_is_bounded() -> None:
    with pytest.raises(ValueError, match="evaluations"):
        Span(0, 10**9, 1)
    with pytest.raises(ValueError, match="start before the end"):
        Span(5, 1, 1)
    assert Period("firing", 0, 1).open is False
