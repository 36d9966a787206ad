"""Selections that are too large to be held at once are evaluated some series at a time.

What looks at each series by itself (a function of its samples, arithmetic with numbers) needs only those of a slice; sums, counts and extremes
of slices are put together from their parts, so that not even the matrix below them ever stands as a whole. `docs/adr/0011` says what is counted.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final, Protocol

import numpy as np

from collector.promql.aggregate import aggregate
from collector.promql.block import Block, Mask, Objects, Value
from collector.promql.columns import stack
from collector.promql.parser.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    Paren,
    Unary,
    VectorSelector,
    children,
    walk,
)
from collector.promql.run import LargeSelectionError, Request, Run, Slicing
from collector.promql.steps import Steps
from pharos.labels import METRIC_NAME
from pharos.matchers import MatchOp

SERIES_BY_SERIES: Final = frozenset({
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "avg_over_time", "ceil", "changes", "clamp", "clamp_max", "clamp_min", "cos", "cosh",
    "count_over_time", "deg", "delta", "deriv", "double_exponential_smoothing", "exp", "first_over_time", "floor", "idelta", "increase", "irate",
    "last_over_time", "ln", "log10", "log2", "mad_over_time", "max_over_time", "min_over_time", "predict_linear", "present_over_time",
    "quantile_over_time", "rad", "rate", "resets", "round", "sgn", "sin", "sinh", "sqrt", "stddev_over_time", "stdvar_over_time", "sum_over_time",
    "tan", "tanh", "timestamp",
})  # fmt: skip

# How an aggregation is put together from those of slices: what is worked out of each slice, and what makes one of two of these.
FOLDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "sum": (("sum", "sum"),),
    "count": (("count", "sum"),),
    "group": (("group", "group"),),
    "min": (("min", "min"),),
    "max": (("max", "max"),),
    "avg": (("sum", "sum"), ("count", "sum")),
}


class Host(Protocol):
    """What is needed of the evaluator."""

    run: Run

    def whole(self, node: Expr, steps: Steps) -> Value: ...

    def block(self, node: Expr, steps: Steps) -> Block: ...


@lru_cache(maxsize=256)
def sliceable(expr: Expr) -> frozenset[int]:
    """The ids of the nodes that can be evaluated slice by slice, the highest ones."""
    return frozenset(_highest(expr))


def _highest(node: Expr) -> Iterator[int]:
    folds = isinstance(node, Aggregate) and node.op in FOLDS and _selector(node.expr) is not None
    if folds or _selector(node) is not None:
        yield id(node)
        return
    for child in children(node):
        yield from _highest(child)


def _selector(node: Expr) -> VectorSelector | None:
    """The only selector of an expression whose series each come from one series of it, and cannot become equal to another."""
    match node:
        case VectorSelector():
            return node
        case Paren():
            return _selector(node.expr)
        case Unary():
            found = _selector(node.expr)
        case Binary():
            found = _only([node.lhs, node.rhs]) if "scalar" in (node.lhs.type, node.rhs.type) else None
        case Call() if node.function.name in SERIES_BY_SERIES:
            found = _only(node.args)
        case _:
            return None
    return found if found is not None and _has_one_name(found) else None


def _only(nodes: list[Expr]) -> VectorSelector | None:
    below = [node for node in nodes if any(isinstance(each, VectorSelector) for each in walk(node))]
    if len(below) != 1:
        return None
    return below[0].vector if isinstance(below[0], MatrixSelector) else _selector(below[0])


def _has_one_name(selector: VectorSelector) -> bool:
    return any(each.name == METRIC_NAME and each.op is MatchOp.EQUAL and each.value for each in selector.matchers)


def evaluate(host: Host, node: Expr, steps: Steps) -> Value:
    """The value of a node that `sliceable` names; as a whole if its samples are few."""
    if not hasattr(host.run.storage, "slices"):
        return host.whole(node, steps)
    host.run.slicing = Slicing.CELLS if isinstance(node, Aggregate) else Slicing.SAMPLES
    try:
        return host.whole(node, steps)
    except LargeSelectionError as large:
        request = large.request
    finally:
        host.run.slicing = Slicing.NO
    if not isinstance(node, Aggregate):
        return _together(host, _each(host, node, steps, request), steps)
    counted = host.run.total_samples, host.run.samples_per_step
    folded = _folded(host, node, steps, request)
    if folded is not None:
        return folded
    host.run.total_samples, host.run.samples_per_step = counted
    return aggregate(host.run, node, _together(host, _each(host, node.expr, steps, request), steps), None, steps)


def _each(host: Host, node: Expr, steps: Steps, request: Request) -> Iterator[Block]:
    for _ in host.run.slices(request, steps.count):
        value = host.whole(node, steps)
        assert isinstance(value, Block)
        yield value


def _together(host: Host, blocks: Iterator[Block], steps: Steps) -> Block:
    """All slices as one block, which has to be within the sample limit."""
    kept, cells = [], 0
    try:
        for block in blocks:
            cells += block.values.size
            host.run.hold(block.values.size)
            kept.append(block)
    finally:
        host.run.release(cells)
    return _joined(kept) if kept else Block(host.run.space.empty(), np.zeros((0, steps.count)))


def _joined(blocks: list[Block]) -> Block:
    """Series of several blocks below each other."""
    if len(blocks) == 1:
        return blocks[0]
    present: Mask | None = None
    if any(block.present is not None for block in blocks):
        present = np.concatenate([block.mask() for block in blocks])
    hist: Objects | None = None
    if any(block.hist is not None for block in blocks):
        hist = np.concatenate([
            np.full(block.values.shape, None, object) if block.hist is None else block.hist for block in blocks
        ])  # fmt: skip
    drop: Mask | None = None
    if any(block.drop_name is not None for block in blocks):
        drop = np.concatenate([
            np.zeros(len(block), np.bool_) if block.drop_name is None else block.drop_name for block in blocks
        ])  # fmt: skip
    values = np.concatenate([block.values for block in blocks])
    return Block(stack([block.labels for block in blocks]), values, present, hist, drop)


def _folded(host: Host, node: Aggregate, steps: Steps, request: Request) -> Block | None:
    """The aggregation, slice by slice; None where the parts do not tell: histograms, and means of numbers that overflow together."""
    totals: list[Block] = []
    for block in _each(host, node.expr, steps, request):
        if block.hist is not None:
            return None
        parts = [aggregate(host.run, replace(node, op=op), block, None, steps) for op, _ in FOLDS[node.op]]
        if totals:
            pairs = zip(totals, parts, FOLDS[node.op], strict=True)
            parts = [
                aggregate(host.run, replace(node, op=op), _joined([total, part]), None, steps)
                for total, part, (_, op) in pairs
            ]
        totals = parts
    if not totals or node.op != "avg":
        return totals[0] if totals else Block(host.run.space.empty(), np.zeros((0, steps.count)))
    total, count = totals
    mean = total.values / count.values
    return None if np.isinf(mean).any() else replace(total, values=mean)
