"""Parts of a date, in UTC, of the evaluation time or of each sample as seconds since 1970."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.promql.block import Block, Value
from collector.promql.functions.elementwise import floats_only
from collector.promql.functions.host import Host, Table
from collector.promql.parser.ast import Call
from collector.promql.steps import Steps

Moments = NDArray[np.datetime64]
Part = Callable[[Moments], Any]


def _of(moments: Moments, unit: str, within: str) -> Any:
    return (
        moments.astype(f"datetime64[{unit}]") - moments.astype(f"datetime64[{within}]").astype(f"datetime64[{unit}]")
    ).astype(np.int64)


def _days_in_month(moments: Moments) -> Any:
    month = moments.astype("datetime64[M]")
    return ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)


_PARTS: dict[str, Part] = {
    "minute": lambda moments: _of(moments, "m", "h"),
    "hour": lambda moments: _of(moments, "h", "D"),
    "day_of_week": lambda moments: (moments.astype("datetime64[D]").astype(np.int64) + 4) % 7,
    "day_of_month": lambda moments: _of(moments, "D", "M") + 1,
    "day_of_year": lambda moments: _of(moments, "D", "Y") + 1,
    "days_in_month": _days_in_month,
    "month": lambda moments: _of(moments, "M", "Y") + 1,
    "year": lambda moments: moments.astype("datetime64[Y]").astype(np.int64) + 1970,
}


_FARTHEST_S: Final = 9.2233719e18  # the year 292277024000
# 292277026596-12-04 15:30 UTC, a Sunday: what Go shows for a time that does not fit.
_BEYOND: dict[str, float] = {
    "minute": 30,
    "hour": 15,
    "day_of_week": 0,
    "day_of_month": 4,
    "day_of_year": 339,
    "days_in_month": 31,
    "month": 12,
    "year": 292277026596,
}


def _date(part: Part, beyond: float, host: Host, node: Call, steps: Steps) -> Value:
    if not node.args:
        return Block(host.run.space.empty(1), _parts(part, beyond, steps.times / 1000)[None, :])
    block = floats_only(host.block(node.args[0], steps))
    return host.drop(replace(block, values=_parts(part, beyond, block.values)))


def _parts(part: Part, beyond: float, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """NaN and what no calendar reaches become the moment that Go makes of them."""
    valid = np.isfinite(seconds) & (np.abs(np.where(np.isfinite(seconds), seconds, 0)) < _FARTHEST_S)
    whole = np.where(valid, np.trunc(np.where(valid, seconds, 0)), 0).astype(np.int64)
    result = part(whole.astype("datetime64[s]")).astype(np.float64)
    return np.asarray(np.where(valid, result, beyond))


FUNCTIONS: Table = {name: partial(_date, part, _BEYOND[name]) for name, part in _PARTS.items()}
