"""Functions of each sample by itself, of scalars, and of the query."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.promql.block import Block, Scalar, Value, new_present
from collector.promql.functions.host import Host, Table
from collector.promql.kernels.windows import Floats
from collector.promql.parser.ast import Call, VectorSelector, unwrap
from collector.promql.steps import Steps

FloatFunction = Callable[[Any], Any]

_PLAIN: dict[str, FloatFunction] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg": lambda values: values * 180 / math.pi,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "rad": lambda values: values * math.pi / 180,
    "sgn": np.sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}


def floats_only(block: Block) -> Block:
    """The block less its native histograms."""
    if block.hist is None:
        return block
    mask = block.float_mask()
    return replace(block, present=None if mask is None else new_present(mask), hist=None).compact()


def _plain(function: FloatFunction, host: Host, node: Call, steps: Steps) -> Value:
    block = floats_only(host.block(node.args[0], steps))
    with np.errstate(all="ignore"):
        return host.drop(replace(block, values=function(block.values)))


def _round(host: Host, node: Call, steps: Steps) -> Value:
    block = floats_only(host.block(node.args[0], steps))
    nearest = host.scalar(node.args[1], steps) if len(node.args) > 1 else np.ones(steps.count)
    with np.errstate(all="ignore"):
        inverse = 1.0 / nearest
        return host.drop(replace(block, values=np.floor(block.values * inverse + 0.5) / inverse))


def _greater(a: Floats, b: Floats) -> Floats:
    """The greater of two numbers as Go knows it: +Inf is greater than NaN too."""
    return np.where((a == np.inf) | (b == np.inf), np.inf, np.maximum(a, b))


def _lesser(a: Floats, b: Floats) -> Floats:
    return -_greater(-a, -b)


def _clamp(host: Host, node: Call, steps: Steps) -> Value:
    block = floats_only(host.block(node.args[0], steps))
    low, high = np.full(steps.count, -np.inf), np.full(steps.count, np.inf)
    if node.function.name == "clamp":
        low, high = host.scalar(node.args[1], steps), host.scalar(node.args[2], steps)
    elif node.function.name == "clamp_min":
        low = host.scalar(node.args[1], steps)
    else:
        high = host.scalar(node.args[1], steps)
    values = _greater(low, _lesser(high, block.values))
    possible = ~(high < low)
    present = block.present
    if not possible.all():
        present = new_present(block.mask() & possible)
    return host.drop(replace(block, values=values, present=present).compact())


def _vector(host: Host, node: Call, steps: Steps) -> Value:
    return Block(host.run.space.empty(1), host.scalar(node.args[0], steps)[None, :])


def _scalar(host: Host, node: Call, steps: Steps) -> Value:
    block = host.block(node.args[0], steps)
    mask = block.float_mask()
    values: Floats
    if len(block) == 0:
        values = np.full(steps.count, np.nan)
    elif mask is None:
        values = block.values[0] if len(block) == 1 else np.full(steps.count, np.nan)
    else:
        only = np.where(mask, block.values, 0.0).sum(axis=0) if len(block) > 1 else block.values[0]
        values = np.where(mask.sum(axis=0) == 1, only, np.nan)
    return Scalar(values)


def _time(host: Host, node: Call, steps: Steps) -> Value:
    return Scalar(steps.times / 1000)


def _pi(host: Host, node: Call, steps: Steps) -> Value:
    return Scalar(np.full(steps.count, math.pi))


def _context(host: Host, node: Call, steps: Steps) -> Value:
    return Scalar(np.full(steps.count, host.run.plan.context(node.function.name)))


def _extreme_of(host: Host, node: Call, steps: Steps) -> Value:
    first, second = host.scalar(node.args[0], steps), host.scalar(node.args[1], steps)
    return Scalar(np.maximum(first, second) if node.function.name == "max_of" else np.minimum(first, second))


def _timestamp(host: Host, node: Call, steps: Steps) -> Value:
    selector = unwrap(node.args[0])
    if isinstance(selector, VectorSelector) and not selector.smoothed:
        block, times = _selected_at(host, selector, steps)
        seconds = np.broadcast_to(times / 1000, block.values.shape)
    else:
        block = host.block(node.args[0], steps)
        seconds = np.broadcast_to(steps.times / 1000, block.values.shape)
    return host.drop(replace(block, values=seconds, hist=None).compact())


def _selected_at(host: Host, selector: VectorSelector, steps: Steps) -> tuple[Block, NDArray[np.int64]]:
    """Prometheus forgets the offset in `timestamp(x @ t offset d)`, but has read samples up to t - d only."""
    at = host.run.plan.at(selector.shift)
    if at is None:
        return host.selector(selector, steps)
    shift = replace(selector.shift, offset_ms=max(host.run.plan.offset(selector.shift), 0), offset_expr=None)
    block, times = host.selector(replace(selector, shift=shift), steps)
    fresh = np.broadcast_to(times > at - host.run.lookback_ms, block.values.shape)
    return replace(block, present=new_present(block.mask() & fresh)), times


def _start_timestamp(host: Host, node: Call, steps: Steps) -> Value:
    """The storage keeps no start timestamps: no series has one."""
    block = host.block(node.args[0], steps)
    return block.rows(np.zeros(0, np.int64))


FUNCTIONS: Table = {
    **{name: partial(_plain, function) for name, function in _PLAIN.items()},
    "round": _round,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clamp_max": _clamp,
    "vector": _vector,
    "scalar": _scalar,
    "time": _time,
    "pi": _pi,
    "start": _context,
    "end": _context,
    "range": _context,
    "step": _context,
    "max_of": _extreme_of,
    "min_of": _extreme_of,
    "timestamp": _timestamp,
    "start_timestamp": _start_timestamp,
}
