"""From a tree to a value: each node is evaluated once, at all steps together."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from collector.promql import aggregate, binary, slices
from collector.promql.block import Block, Scalar, Value, drop_names, merge_equal
from collector.promql.functions import call_function
from collector.promql.histogram_stats import statistics
from collector.promql.histograms.arithmetic import scale
from collector.promql.instants import instant_vector
from collector.promql.kernels.windows import Floats
from collector.promql.parser.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    NumberLiteral,
    Paren,
    StringLiteral,
    Subquery,
    TimeShift,
    Unary,
    VectorSelector,
    unwrap,
)
from collector.promql.ranges import Part, RangeVector, parts_of, range_vector
from collector.promql.run import Run
from collector.promql.smoothing import smooth_vector
from collector.promql.steps import Steps
from collector.storage.interface import SelectHint
from collector.storage.symbols import LabelTable

Times = NDArray[np.int64]


class Evaluator:
    """Evaluates expressions of one query."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def eval(self, node: Expr, steps: Steps) -> Value:
        """The value of an expression at the steps. A range selector has none: see `range_vector`."""
        self.run.check()
        if steps.count > 1 and id(node) in self.run.plan.invariant:
            return _repeated(self._eval(node, steps.first()), steps.count)
        return self._eval(node, steps)

    def block(self, node: Expr, steps: Steps) -> Block:
        value = self.eval(node, steps)
        assert isinstance(value, Block)
        return value

    def scalar(self, node: Expr, steps: Steps) -> Floats:
        """float64[T]."""
        value = self.eval(node, steps)
        assert isinstance(value, Scalar)
        return value.values

    def text(self, node: Expr) -> str:
        literal = unwrap(node)
        assert isinstance(literal, StringLiteral)
        return literal.value

    def _eval(self, node: Expr, steps: Steps) -> Value:
        return slices.evaluate(self, node, steps) if id(node) in self.run.plan.in_slices else self.whole(node, steps)

    def whole(self, node: Expr, steps: Steps) -> Value:
        """The value at the steps, all series together."""
        match node:
            case NumberLiteral():
                return Scalar(np.full(steps.count, node.value))
            case StringLiteral():
                return node.value
            case Paren():
                return self.eval(node.expr, steps)
            case VectorSelector():
                return self._counted(self.selector(node, steps)[0])
            case Unary():
                return self._unary(node, steps)
            case Binary():
                return self._binary(node, steps)
            case Aggregate():
                return self._counted(self._aggregate(node, steps))
            case Call():
                return self._counted(call_function(self, node, steps))
            case MatrixSelector() | Subquery():
                raise AssertionError("a range vector is evaluated by the function around it")

    def _counted(self, value: Value) -> Value:
        """Check the sample limit against what this value takes; it is given back once the next one stands."""
        if isinstance(value, Block):
            self.run.hold(value.values.size)
            self.run.release(value.values.size)
        return value

    # Selectors

    def ends(self, shift: TimeShift, steps: Steps) -> Steps:
        """The times a selector really looks at."""
        at = self.run.plan.at(shift)
        offset = self.run.plan.offset(shift)
        return steps.shifted(-offset) if at is None else steps.fixed(at - offset)

    def selector(self, node: VectorSelector, steps: Steps) -> tuple[Block, Times]:
        """A vector selector, and the time of each of its samples."""
        ends = self.ends(node.shift, steps)
        if steps.count == 0:
            return Block(self.run.space.empty(), np.zeros((0, 0))), np.zeros((0, 0), np.int64)
        lookback = self.run.lookback_ms
        ahead = lookback if node.smoothed else 0
        labels, parts = self._select(node, ends.start - lookback + 1, ends.end + ahead, self._hint(node, ends))
        if node.smoothed:
            block = smooth_vector(self.run, labels, parts, ends.times, lookback, node.span)
            return block, np.broadcast_to(steps.times, block.values.shape)
        self.run.check_room(len(labels), steps.count)
        block, times = instant_vector(labels, parts, ends.times, lookback)
        self.count_instants(block, steps)
        compact = block.compact()
        if len(compact) != len(block) and times.shape[0] > 1:
            times = times[block.mask().any(axis=1)]
        return compact, times

    def count_instants(self, block: Block, steps: Steps) -> None:
        per_step = np.full(steps.count, len(block)) if block.present is None else block.present.sum(axis=0)
        self._count(per_step)

    def _count(self, per_step: Times) -> None:
        run = self.run
        run.total_samples += int(per_step.sum())
        if len(run.samples_per_step) == len(per_step):
            run.samples_per_step = run.samples_per_step + per_step

    def range_vector(self, node: Expr, steps: Steps) -> RangeVector:
        """The windows of a range selector or subquery, for the function around it."""
        node = unwrap(node)
        if isinstance(node, Subquery):
            return self._subquery(node, steps)
        assert isinstance(node, MatrixSelector)
        ends = self.ends(node.shift, steps)
        range_ms = self.run.plan.duration(node.range_ms, node.range_expr)
        labels, parts = self._range_parts(node.vector, ends, range_ms)
        self.run.check_room(len(labels), steps.count)
        vector = range_vector(labels, parts, ends.times, steps.times, range_ms, check=self.run.check)
        self._count(vector.samples_per_step())
        return vector

    def _range_parts(self, node: VectorSelector, ends: Steps, range_ms: int) -> tuple[LabelTable, list[Part]]:
        lookback = self.run.lookback_ms
        before = lookback if node.anchored or node.smoothed else 0
        after = lookback if node.smoothed else 0
        if ends.count == 0:
            return self.run.space.empty(), []
        hint = self._hint(node, ends, range_ms)
        return self._select(node, ends.start - range_ms - before + 1, ends.end + after, hint)

    def _hint(self, node: VectorSelector, ends: Steps, range_ms: int = 0) -> SelectHint | None:
        """What the storage may answer with; None: raw samples only."""
        function = self.run.plan.functions.get(id(node))
        if function is None:
            return None
        return SelectHint(ends.step if ends.count > 1 else 0, range_ms, function, self.run.lookback_ms)

    def _select(
        self, node: VectorSelector, min_ms: int, max_ms: int, hint: SelectHint | None
    ) -> tuple[LabelTable, list[Part]]:
        labels, parts = self.run.select(node.matchers, min_ms, max_ms, hint)
        return labels, statistics(parts) if id(node) in self.run.plan.stats_only else parts

    def subquery_block(self, node: Subquery, steps: Steps) -> tuple[Block, Steps, Steps, int]:
        """A subquery's expression at its own steps; those steps, the ends of the windows, and their length."""
        plan = self.run.plan
        ends = self.ends(node.shift, steps)
        range_ms = plan.duration(node.range_ms, node.range_expr)
        step_ms = plan.duration(node.step_ms, node.step_expr) or self.run.default_step_ms
        first = _truncated(ends.start - range_ms, step_ms) * step_ms
        if first <= ends.start - range_ms:
            first += step_ms
        inner = Steps.between(first, ends.end, step_ms)
        if not inner.count:  # not even what is the same at all times is evaluated
            return Block(self.run.space.empty(), np.zeros((0, 0))), inner, ends, range_ms
        block = self.block(node.expr, inner)
        return block, inner, ends, range_ms

    def _subquery(self, node: Subquery, steps: Steps) -> RangeVector:
        block, inner, ends, range_ms = self.subquery_block(node, steps)
        parts = parts_of(block, inner.times)
        return range_vector(block.labels, parts, ends.times, steps.times, range_ms, block.drop_name, self.run.check)

    # Operators

    def _unary(self, node: Unary, steps: Steps) -> Value:
        value = self.eval(node.expr, steps)
        if node.op == "+" or isinstance(value, str):
            return value
        if isinstance(value, Scalar):
            return Scalar(-value.values)
        hist = None
        if value.hist is not None:
            hist = np.full(value.values.shape, None, object)
            for row, step in value.hist_cells():
                hist[row, step] = scale(value.hist[row, step], -1.0)
        negated = replace(value, values=-value.values, hist=hist, ordered=False)
        return drop_names(negated, delayed=self.run.delayed_names)

    def _binary(self, node: Binary, steps: Steps) -> Value:
        left, right = self.eval(node.lhs, steps), self.eval(node.rhs, steps)
        return self._counted(binary.combine(self.run, node, left, right))

    def _aggregate(self, node: Aggregate, steps: Steps) -> Block:
        param: Floats | str | None = None
        if node.param is not None:
            param = self.text(node.param) if node.op == "count_values" else self.scalar(node.param, steps)
        return aggregate.aggregate(self.run, node, self.block(node.expr, steps), param, steps)

    # Help for functions

    def drop(self, block: Block, *, strict: bool = False) -> Block:
        """The result of a function that changes what a metric means: its name goes."""
        return drop_names(replace(block, ordered=False), delayed=self.run.delayed_names, strict=strict)

    def merged(self, block: Block) -> Block:
        """Series that have become equal are put together."""
        return merge_equal(block)


def _repeated(value: Value, steps: int) -> Value:
    if isinstance(value, Block):
        return value.repeated(steps)
    if isinstance(value, Scalar):
        return Scalar(np.broadcast_to(value.values, steps))
    return value


def _truncated(value: int, by: int) -> int:
    """Division towards zero, as Go does."""
    return value // by if value >= 0 else -(-value // by)
