"""The unit of a query's answer, guessed from the name of the one metric in it. When in doubt: a plain number."""

import re
from typing import Final

PLAIN: Final = "short"
_NOISE: Final = re.compile(
    r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|#[^\n]*'  # strings and comments
    r"|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|\boffset\s+-?\w+|@\s*\S+|\bbool\b"
)
_BRACED: Final = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]")
_NAME: Final = re.compile(r"(?<![\w.])[A-Za-z_:][\w:]*")
# What leaves the unit as it is, and what makes it one per second.
_KEEPS: Final = frozenset(
    [
        "sum",
        "avg",
        "min",
        "max",
        "topk",
        "bottomk",
        "quantile",
        "limitk",
        "sort",
        "sort_desc",
        "abs",
        "ceil",
        "floor",
        "round",
        "clamp",
        "clamp_min",
        "clamp_max",
        "increase",
        "delta",
        "idelta",
        "label_replace",
        "label_join",
        "histogram_quantile",
        "histogram_avg",
    ]
)
_RATES: Final = frozenset({"rate", "irate", "deriv"})
_UNITS: Final = {"bytes": "bytes", "seconds": "s", "ratio": "percentunit", "celsius": "celsius", "hertz": "hertz"}
_PER_SECOND: Final = {"bytes": "Bps"}


def guess_unit(expression: str) -> str:
    """A unit id of `model.units`."""
    text = _BRACED.sub("", _NOISE.sub(" ", expression))
    if re.search(r"[*/%^]|\b(?:and|or|unless|atan2)\b", text):
        return PLAIN
    functions: set[str] = set()
    metrics: set[str] = set()
    for found in _NAME.finditer(text):
        called = text[found.end() :].lstrip().startswith("(")
        (functions if called else metrics).add(found[0])
    unknown = {name for name in functions - _KEEPS - _RATES if not name.endswith("_over_time")}
    if len(metrics) != 1 or unknown or functions & {"count_over_time", "present_over_time"}:
        return PLAIN
    per_second = bool(functions & _RATES) and not functions & {"histogram_quantile", "histogram_avg"}
    return _of_metric(next(iter(metrics)), per_second=per_second)


def _of_metric(name: str, *, per_second: bool) -> str:
    parts = re.sub(r"_(?:total|sum|bucket)$", "", name).split("_")
    if name.endswith("_time_seconds") or "timestamp" in parts:
        return PLAIN  # a moment, not a span
    unit = parts[-1]
    return _PER_SECOND.get(unit, PLAIN) if per_second else _UNITS.get(unit, PLAIN)
