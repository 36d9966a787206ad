"""Random PromQL expressions that pass the type check, over a small fixed set of series."""

import math

from hypothesis import strategies as st

from pharos.labels import Labels

STEP_MS = 15_000
SAMPLES = 240
START_MS = 1_700_000_100_000

Series = tuple[Labels, list[float | None]]


def data() -> list[Series]:
    """Counters with resets, gauges with gaps and odd values, a classic histogram: an hour at 15 s."""
    series: list[Series] = []
    for host in "abc":
        for code, step in (("200", 7), ("500", 1)):
            labels = {"__name__": "requests_total", "host": host, "code": code}
            series.append((labels, [_counter(index, step + ord(host) % 3, host) for index in range(SAMPLES)]))
        gauge = {"__name__": "temperature", "host": host, "room": "x" if host < "c" else "y"}
        series.append((gauge, [_gauge(index, host) for index in range(SAMPLES)]))
        for le, share in (("0.1", 0.2), ("1", 0.7), ("5", 0.9), ("+Inf", 1.0)):
            bucket = {"__name__": "latency_bucket", "host": host, "le": le}
            series.append((bucket, [math.floor(index * 10 * share) * 1.0 for index in range(SAMPLES)]))
    series.append(({"__name__": "limit", "host": "a"}, [50.0] * SAMPLES))
    series.append(({"__name__": "limit", "host": "b"}, [5.0 if index % 40 < 20 else None for index in range(SAMPLES)]))
    return series


def _counter(index: int, step: int, host: str) -> float | None:
    if host == "b" and 60 <= index < 90:
        return None
    return float(index * step if host != "c" else index % 50 * step)


def _gauge(index: int, host: str) -> float | None:
    if host == "a":
        return math.sin(index / 7) * 10
    if host == "b":
        return math.nan if index % 37 == 5 else math.inf if index % 91 == 17 else float(index % 9 - 4)
    return None if index % 3 else index / 4


_DURATIONS = st.sampled_from(["15s", "1m", "90s", "5m", "17m"])
_NUMBERS = st.sampled_from(["0", "1", "-1", "0.5", "2", "100", "NaN", "Inf", "-Inf", "1e3"])
_LABELS = st.sampled_from(["host", "code", "room", "le", "nope"])
_NAMES = ("requests_total", "temperature", "latency_bucket", "limit")
_MATCHERS = st.sampled_from(['host="a"', 'host!="b"', 'host=~"a|c"', 'code!~"5.."', 'room=""', 'le=~".+"'])
_MATH = (
    "abs",
    "ceil",
    "floor",
    "exp",
    "ln",
    "log2",
    "log10",
    "sqrt",
    "sgn",
    "sin",
    "atan",
    "deg",
    "hour",
    "day_of_week",
)
_OVER_TIME = (
    "rate", "increase", "delta", "irate", "idelta", "deriv", "changes", "resets", "avg_over_time", "min_over_time",
    "max_over_time", "sum_over_time", "count_over_time", "stddev_over_time", "stdvar_over_time", "last_over_time",
    "present_over_time", "absent_over_time",
)  # fmt: skip


@st.composite
def selectors(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(_NAMES))
    matchers = draw(st.lists(_MATCHERS, max_size=2, unique=True))
    return f"{name}{{{','.join(matchers)}}}" if matchers else name


@st.composite
def modifiers(draw: st.DrawFn) -> str:
    offset = draw(st.sampled_from(["", "", "", " offset 1m", " offset -2m"]))
    at = draw(st.sampled_from(["", "", "", " @ start()", " @ end()", f" @ {START_MS // 1000 + 1800}"]))
    return draw(st.sampled_from([offset + at, at + offset]))


@st.composite
def ranges(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    if draw(st.booleans()) or draw(st.booleans()):
        return f"{draw(selectors())}[{draw(_DURATIONS)}]{draw(modifiers())}"
    offset = draw(st.sampled_from(["", "", " offset 1m", " offset -2m"]))
    return f"({draw(inner)})[{draw(_DURATIONS)}:{draw(st.sampled_from(['', '30s', '1m']))}]{offset}"


@st.composite
def calls(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    kind = draw(st.integers(0, 6))
    if kind <= 2:
        return f"{draw(st.sampled_from(_OVER_TIME))}({draw(ranges(inner))})"
    if kind == 3:
        return f"{draw(st.sampled_from(_MATH))}({draw(inner)})"
    if kind == 4:
        number = draw(st.sampled_from(["0.5", "0.9", "0", "1", "-1"]))
        return draw(
            st.sampled_from([
                f"quantile_over_time({number}, {draw(ranges(inner))})",
                f"predict_linear({draw(ranges(inner))}, 600)",
                f"histogram_quantile({number}, {draw(inner)})",
                f"round({draw(inner)}, {draw(_NUMBERS)})",
                f"clamp({draw(inner)}, -2, {number})",
            ])
        )  # fmt: skip
    if kind == 5:
        return f'label_replace({draw(inner)}, "room", "new-$1", "host", "(a|b)")'
    return draw(
        st.sampled_from([f"absent({draw(inner)})", f"timestamp({draw(inner)})", f"vector(scalar({draw(inner)}))"])
    )


@st.composite
def aggregations(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    op = draw(
        st.sampled_from(["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "quantile", "count_values"])
    )
    param = {"quantile": "0.7, ", "count_values": '"v", '}.get(op, "")
    inner = selectors() if op == "count_values" else inner  # the last digit of a calculated value would be a label
    word = draw(st.sampled_from(["", " by", " without"]))
    labels = ", ".join(draw(st.lists(_LABELS, max_size=2, unique=True)))
    return f"{op}{word} {f'({labels}) ' if word else ''}({param}{draw(inner)})"


@st.composite
def binaries(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    left, right = draw(inner), draw(st.one_of(inner, _NUMBERS))
    if draw(st.integers(0, 4)) == 0:
        return (
            f"({left}) {draw(st.sampled_from(['and', 'or', 'unless']))}{draw(_matching(group=False))} ({draw(inner)})"
        )
    op = draw(st.sampled_from(["+", "-", "*", "/", "%", "^", "atan2", "==", "!=", ">", "<", ">=", "<="]))
    if right[0] in "-0123456789NI":
        bool_word = draw(st.sampled_from(["", " bool"])) if op in ("==", "!=", ">", "<", ">=", "<=") else ""
        return f"({left}) {op}{bool_word} {right}"
    return f"({left}) {op}{draw(_matching(group=True))} ({right})"


@st.composite
def _matching(draw: st.DrawFn, *, group: bool) -> str:
    words = ["", "", " on (host)", " ignoring (code, le)", " on (host, le)"]
    word = draw(st.sampled_from(words))
    if not word or not group:
        return word
    return word + draw(st.sampled_from(["", " group_left", " group_right", " group_left (room)"]))


def expressions(max_leaves: int = 6) -> st.SearchStrategy[str]:
    """Expressions of instant vectors."""
    leaf = st.builds(lambda selector, modifier: selector + modifier, selectors(), modifiers())
    return st.recursive(
        leaf,
        lambda inner: st.one_of(calls(inner), calls(inner), aggregations(inner), binaries(inner)),
        max_leaves=max_leaves,
    )
