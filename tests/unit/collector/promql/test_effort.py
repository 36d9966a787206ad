from collections.abc import Sequence

import pytest

from collector.promql.effort import is_light
from collector.promql.parser import Parser
from collector.promql.parser.options import ParserOptions
from collector.promql.steps import Steps
from pharos.matchers import Matcher

LOOKBACK_MS = 300_000
INSTANT = Steps(1_000_000, 1, 1)
AN_HOUR = Steps(0, 30_000, 121)


class Index:
    """Knows how many series each name has; remembers what it was asked."""

    def __init__(self, **series: int | None) -> None:
        self.series = series
        self.asked: list[tuple[int, int]] = []

    def at_hand(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> int | None:
        self.asked.append((min_ms, max_ms))
        return self.series[matchers[-1].value]


def light(text: str, steps: Steps, **series: int | None) -> bool:
    expr = Parser(ParserOptions(experimental_functions=True)).parse(text)
    return is_light(expr, steps, LOOKBACK_MS, Index(**series).at_hand)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1 + 1", INSTANT),
        ("one", INSTANT),
        ("one", AN_HOUR),
        ("rate(one[5m])", AN_HOUR),
        ("absent(none)", AN_HOUR),
        ("sum by (a) (rate(fifty[5m]))", INSTANT),
        ("one / on (a) (fifty offset 1h)", INSTANT),
    ],
)
def test_few_series_and_steps_are_light(text: str, steps: Steps) -> None:
    assert light(text, steps, none=0, one=1, fifty=50)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("thousands", INSTANT),
        ("fifty", Steps(0, 1000, 1000)),
        ("sum(rate(fifty[1d]))", INSTANT),
        ("unknown", INSTANT),
        ("one + unknown", INSTANT),
        ("1", Steps(0, 1, 11_000)),
        ("+".join(["1"] * 50), INSTANT),
    ],
)
def test_many_are_not(text: str, steps: Steps) -> None:
    assert not light(text, steps, one=1, fifty=50, thousands=5000, unknown=None)


@pytest.mark.parametrize("text", ["max_over_time(one[5m:1m])", "quantile_over_time(0.9, one[5m])", "info(one)"])
def test_what_multiplies_the_work_is_not(text: str) -> None:
    assert not light(text, INSTANT, one=1)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("one", (-LOOKBACK_MS, 3_600_000)),
        ("one offset 1m", (-60_000 - LOOKBACK_MS, 3_540_000)),
        ("rate(one[10m])", (-600_000, 3_600_000)),
        ("one @ 50", (50_000 - LOOKBACK_MS, 50_000)),
        ("one @ end()", (3_600_000 - LOOKBACK_MS, 3_600_000)),
        ("one @ start() offset 1s", (-1000 - LOOKBACK_MS, -1000)),
    ],
)
def test_the_time_that_a_selector_looks_at(text: str, span: tuple[int, int]) -> None:
    index = Index(one=1)
    assert is_light(Parser().parse(text), AN_HOUR, LOOKBACK_MS, index.at_hand)
    assert index.asked == [span]
