"""The grammar of PromQL as Prometheus 3.5 knows it, for random expressions over a data set of `shaped_series`."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from collector.promql.parser.quoting import go_quote
from pharos.labels import METRIC_NAME
from tests.support.shaped_series import BOUNDS, SET_LABEL, SPAN_MS, START_MS, DataSet

T = TypeVar("T")

_MATH = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "ceil",
    "cos",
    "cosh",
    "deg",
    "exp",
    "floor",
    "ln",
    "log10",
    "log2",
    "rad",
    "sgn",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "hour",
    "minute",
    "month",
    "year",
    "histogram_avg",
    "histogram_count",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_sum",
]
_RANGE = [
    "absent_over_time",
    "avg_over_time",
    "changes",
    "count_over_time",
    "delta",
    "deriv",
    "idelta",
    "increase",
    "irate",
    "last_over_time",
    "mad_over_time",
    "max_over_time",
    "min_over_time",
    "present_over_time",
    "rate",
    "resets",
    "stddev_over_time",
    "stdvar_over_time",
    "sum_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
    "rate",
    "increase",
    "rate",
]
_AGGREGATORS = [
    "sum",
    "avg",
    "min",
    "max",
    "count",
    "group",
    "stddev",
    "stdvar",
    "quantile",
    "count_values",
    "sum",
    "avg",
]
_ARITHMETIC = ["+", "-", "*", "/", "%", "^", "atan2"]
_COMPARISON = ["==", "!=", ">", "<", ">=", "<="]
_NUMBERS = ("0", "1", "2", "-1", "0.5", "0.9", "0.25", "100", "1e3", "NaN", "Inf", "-Inf", "0x1F", "5m", ".5e-1")
_AHEAD = ("600", "0", "-1.5", "1h")
_DURATIONS = ("15s", "61s", "1m", "2m30s", "5m", "10m", "17m", "1h", "1ms", "300")
_STEPS = ("", "", "7s", "30s", "1m", "4m", "1h")
_REPLACEMENTS = ("$1", "x-$1-${1}y", "$2", "", "$$", "${name}", "\u6e29")
_REGEXES = ("(.*)", "(a|b)", "(.)(.*)", ".+", "", "(?P<name>[a-z]+).*", "([0-9]+)")


class Writer:
    """Writes one expression. `choose` picks one of several numbers below its argument, 0 being the simplest."""

    def __init__(self, choose: Callable[[int], int], data: DataSet) -> None:
        self._choose, self._data = choose, data

    def of(self, options: Sequence[T]) -> T:
        return options[self._choose(len(options))]

    def one_in(self, chance: int) -> bool:
        return self._choose(chance) == chance - 1

    def expression(self, depth: int = 3) -> str:
        """An instant vector, a scalar now and then."""
        if self.one_in(20):
            return self.scalar(depth)
        return self.vector(self.of(range(depth + 1)))

    # Selectors

    def selector(self, kinds: Sequence[str] = ()) -> str:
        names = [name for name, kind in self._data.kinds.items() if not kinds or kind in kinds]
        name = self.of(names or list(self._data.kinds))
        head = [go_quote(name)]
        if self.one_in(8):
            head = [f"{METRIC_NAME}=~{go_quote('|'.join(self._data.kinds))}"]
        matchers = [f'{SET_LABEL}="{self._data.number}"', *(self.matcher() for _ in range(self.of((0, 0, 0, 1, 2))))]
        return "{" + ",".join([*head, *matchers]) + "}"

    def matcher(self) -> str:
        label = self.label()
        values = [*self._data.label_values.get(label, BOUNDS), "", "nope"]
        if self.one_in(2):
            return f"{_quoted(label)}{self.of(('=', '!='))}{go_quote(self.of(values))}"
        pattern = self.of(("a|b", "[0-9.]+", ".*", ".+", "(?i)A.*", "\u65e5.", "", "[^a]*", "a.?"))
        return f"{_quoted(label)}{self.of(('=~', '!~'))}{go_quote(pattern)}"

    def label(self) -> str:
        return self.of([*self._data.label_values, "le", "nope"])

    def shift(self) -> str:
        offset = self.of(("", "", "", "", " offset 1m", " offset -2m", " offset 90"))
        at = self.of(("", "", "", "", " @ start()", " @ end()", f" @ {START_MS // 1000 + SPAN_MS // 2000}.5"))
        return self.of((offset + at, at + offset))

    def matrix(self, depth: int, kinds: Sequence[str] = ()) -> str:
        if depth <= 0 or not self.one_in(4):
            return f"{self.selector(kinds)}[{self.of(_DURATIONS)}]{self.shift()}"
        offset = self.of(("", "", "", " offset 1m", " offset -2m"))
        return f"({self.vector(depth - 1)})[{self.of(_DURATIONS[:7])}:{self.of(_STEPS)}]{offset}"

    # Values

    def scalar(self, depth: int) -> str:
        kind = self.of((0, 0, 0, 0, 1, 2, 3) if depth > 0 else (0,))
        if kind == 1:
            return self.of(("time()", "pi()", "-time()"))
        if kind == 2:
            return f"scalar({self.vector(depth - 1)})"
        if kind == 3:
            return f"({self.scalar(depth - 1)} {self.of([*_ARITHMETIC, '> bool', '== bool'])} {self.scalar(depth - 1)})"
        return self.of(_NUMBERS)

    def vector(self, depth: int) -> str:
        if depth <= 0:
            return self.selector() + self.shift()
        return self.of(
            (self.over_range, self.over_range, self.call, self.call, self.aggregation, self.aggregation, self.binary)
        )(depth)

    def over_range(self, depth: int) -> str:
        kind = self.of((0, 0, 0, 0, 0, 0, 1, 2, 3))
        if kind == 1:
            return f"quantile_over_time({self.scalar(depth - 1)}, {self.matrix(depth)})"
        if kind == 2:
            return f"predict_linear({self.matrix(depth)}, {self.of(_AHEAD)})"
        if kind == 3:
            factors = self.of(("0.5, 0.5", "0.1, 0.9", "1, 0"))
            return f"double_exponential_smoothing({self.matrix(depth)}, {factors})"
        return f"{self.of(_RANGE)}({self.matrix(depth)})"

    def call(self, depth: int) -> str:
        return self.of((
            self.math, self.math, self.limits, self.quantile, self.quantile, self.labels, self.odd, self.odd, self.unary,
        ))(depth)  # fmt: skip

    def math(self, depth: int) -> str:
        return f"{self.of(_MATH)}({self.vector(depth - 1)})"

    def limits(self, depth: int) -> str:
        inner = self.vector(depth - 1)
        number, other = self.scalar(depth - 1), self.scalar(0)
        return self.of((
            f"round({inner})", f"round({inner}, {number})", f"clamp({inner}, {number}, {other})", f"clamp_min({inner}, {number})",
            f"clamp_max({inner}, {number})",
        ))  # fmt: skip

    def quantile(self, depth: int) -> str:
        """What histograms are for: over one, over its rate, over sums by `le`."""
        kinds = ("classic", "native", "mixed")
        inner = self.of((
            f"{self.selector(kinds)}{self.shift()}",
            f"rate({self.matrix(0, kinds)})",
            f"sum by (le) (rate({self.matrix(0, kinds)}))",
            f"sum by (le, {_quoted(self.label())}) ({self.selector(kinds)})",
            self.vector(depth - 1),
        ))  # fmt: skip
        number, other = self.scalar(depth - 1), self.scalar(0)
        return self.of((f"histogram_quantile({number}, {inner})", f"histogram_fraction({number}, {other}, {inner})"))

    def labels(self, depth: int) -> str:
        inner, target = self.vector(depth - 1), go_quote(self.of(("new", METRIC_NAME, "host", "a.b", self.label())))
        if self.one_in(3):
            sources = "".join(f", {go_quote(self.label())}" for _ in range(self.of((0, 1, 2))))
            return f"label_join({inner}, {target}, {go_quote(self.of(('', '-', '|')))}{sources})"
        replacement, regex = go_quote(self.of(_REPLACEMENTS)), go_quote(self.of(_REGEXES))
        return f"label_replace({inner}, {target}, {replacement}, {go_quote(self.label())}, {regex})"

    def odd(self, depth: int) -> str:
        inner = self.vector(depth - 1)
        wanted = self.of(
            ("", "", f", {{{self.matcher()}}}", ', {__name__="build_info"}', ', {__name__=~".+_info",version=~".+"}')
        )
        return self.of((
            f"absent({inner})", f"timestamp({inner})", f"vector({self.scalar(depth - 1)})", f"sort({inner})", f"sort_desc({inner})",
            f'sort_by_label({inner}, "host", "a.b")', f'sort_by_label_desc({inner}, {go_quote(self.label())})', f"info({inner}{wanted})",
        ))  # fmt: skip

    def unary(self, depth: int) -> str:
        return f"{self.of(('-', '+'))}({self.vector(depth - 1)})"

    def aggregation(self, depth: int) -> str:
        op, inner = self.of(_AGGREGATORS), self.vector(depth - 1)
        word = self.of(("", "by", "by", "without"))
        grouping = f" {word} ({self.label_list()})" if word else ""
        if op == "count_values":  # of a calculated value the last digit would be a label
            return (
                f"count_values{grouping} ({go_quote(self.of(('v', 'host', 'a.b')))}, {self.selector()}{self.shift()})"
            )
        parameter = f"{self.scalar(depth - 1)}, " if op == "quantile" else ""
        return f"{op}{grouping} ({parameter}{inner})"

    def binary(self, depth: int) -> str:
        left = self.vector(depth - 1)
        kind = self.of((0, 0, 1, 1, 2))
        if kind == 0:
            op = self.of([*_ARITHMETIC, *_COMPARISON])
            number = f"({self.scalar(depth - 1)})"
            flag = self.of(("", " bool")) if op in _COMPARISON else ""
            pair = (f"({left})", number) if self.one_in(2) else (number, f"({left})")
            return f"{pair[0]} {op}{flag} {pair[1]}"
        right = self.vector(depth - 1)
        if kind == 2:
            return f"({left}) {self.of(('and', 'or', 'unless'))}{self.matching()} ({right})"
        op = self.of([*_ARITHMETIC, *_COMPARISON])
        flag = self.of(("", " bool")) if op in _COMPARISON else ""
        return f"({left}) {op}{flag}{self.matching()}{self.grouping()} ({right})"

    def matching(self) -> str:
        return self.of(("", "", f" on ({self.label_list()})", f" ignoring ({self.label_list()})"))

    def grouping(self) -> str:
        return self.of(("", "", "", f" group_left ({self.label_list()})", f" group_right ({self.label_list()})"))

    def label_list(self) -> str:
        return ", ".join(_quoted(self.label()) for _ in range(self.of((0, 1, 1, 2, 3))))


def _quoted(label: str) -> str:
    return label if label.isascii() and label.replace("_", "a").isalnum() else go_quote(label)


@st.composite
def expressions(draw: st.DrawFn, data: DataSet) -> str:
    """Each choice is drawn, so that hypothesis can make a failing expression smaller."""
    return Writer(lambda count: draw(st.integers(0, count - 1)), data).expression()
