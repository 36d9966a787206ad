"""Whether a query is so little work that it is done sooner than another thread would be woken up for it.

Told from its tree and the storage's index alone, before anything is read. It is an estimate: what it says does not touch the limits of a query.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from collector.promql.parser.ast import Call, Expr, MatrixSelector, Subquery, VectorSelector, unwrap, walk
from collector.promql.steps import Steps
from pharos.matchers import Matcher

AtHand = Callable[[Sequence[Matcher], int, int], int | None]  # matchers, first and last time; see `Queryable.at_hand`

_LIGHT_CELLS: Final = 8 * 1024  # samples and results; one to two milliseconds
_NODE_CELLS: Final = 256  # what each node of the tree costs before its first cell
_SAMPLE_MS: Final = 15_000  # samples are taken to be so far apart
# Functions of ranges that look at each sample a few times only, however many windows it is in.
_LINEAR: Final = frozenset({
    "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "first_over_time", "idelta", "increase",
    "irate", "last_over_time", "max_over_time", "min_over_time", "present_over_time", "rate", "resets", "sum_over_time",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shape:
    """What matters of a tree: how many nodes it has, and its selectors with their ranges, 0 for a plain selector."""

    nodes: int
    selectors: tuple[tuple[VectorSelector, int], ...]


def is_light(expr: Expr, steps: Steps, lookback_ms: int, at_hand: AtHand) -> bool:
    """Whether to evaluate an expression takes a millisecond or two at most."""
    shape = _shape(expr)
    if shape is None or shape.nodes * (_NODE_CELLS + steps.count) > _LIGHT_CELLS:
        return False
    series, samples = 1, 0
    for selector, range_ms in shape.selectors:
        first, last = _reach(selector, steps)
        first -= range_ms or lookback_ms
        found = at_hand(selector.matchers, first, last)
        if found is None:
            return False
        series += found
        samples += found * (1 + (last - first) // _SAMPLE_MS)
    return shape.nodes * (_NODE_CELLS + steps.count * series) + samples <= _LIGHT_CELLS


@lru_cache(maxsize=1024)
def _shape(expr: Expr) -> _Shape | None:
    """None for a tree that is not light whatever its selectors select. Trees are remembered by the parser, too."""
    nodes = list(walk(expr))
    if not all(map(_is_plain, nodes)):
        return None
    ranges = {id(node.vector): node.range_ms for node in nodes if isinstance(node, MatrixSelector)}
    return _Shape(len(nodes), tuple((n, ranges.get(id(n), 0)) for n in nodes if isinstance(n, VectorSelector)))


def _is_plain(node: Expr) -> bool:
    """No node that evaluates others many times, asks the storage for more than its selectors say, or looks ahead."""
    match node:
        case VectorSelector():
            return node.shift.offset_expr is None and not (node.anchored or node.smoothed)
        case MatrixSelector():
            return node.range_expr is None
        case Call():
            ranged = any(isinstance(unwrap(arg), MatrixSelector) for arg in node.args)
            return node.function.name in _LINEAR if ranged else node.function.name != "info"
    return not isinstance(node, Subquery)


def _reach(node: VectorSelector, steps: Steps) -> tuple[int, int]:
    """The first and the last time a selector looks at."""
    shift = node.shift
    if not shift.has_at:
        return steps.start - shift.offset_ms, steps.end - shift.offset_ms
    at = shift.at_ms if shift.at_ms is not None else steps.start if shift.edge == "start" else steps.end
    return at - shift.offset_ms, at - shift.offset_ms
