"""What is known of an expression before it is evaluated: durations, the times of `@`, and which parts do not depend on the step."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from collector.promql.parser.ast import (
    Aggregate,
    Binary,
    Call,
    DurationExpr,
    Expr,
    MatrixSelector,
    NumberLiteral,
    Paren,
    StringLiteral,
    Subquery,
    TimeShift,
    Unary,
    VectorSelector,
    children,
    unwrap,
)
from collector.promql.parser.durations import evaluate_ms
from collector.promql.parser.tokens import TRIMS

STEP_DEPENDENT: Final = frozenset({
    "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year", "predict_linear",
    "time", "timestamp", "end", "range", "start", "step",
})  # fmt: skip
STATS_FUNCTIONS: Final = frozenset({"histogram_count", "histogram_sum", "histogram_avg"})
BUCKET_FUNCTIONS: Final = frozenset({"histogram_quantile", "histogram_quantiles", "histogram_fraction"})
CONTEXT_FUNCTIONS: Final = frozenset({"start", "end", "range", "step"})


@dataclass(slots=True)
class Plan:
    """The times of one query and what follows from them."""

    start_ms: int
    end_ms: int
    step_ms: int
    invariant: set[int] = field(default_factory=set)  # ids of nodes to evaluate once
    stats_only: set[int] = field(default_factory=set)  # ids of selectors of whose histograms only count and sum matter
    functions: dict[int, str] = field(
        default_factory=dict
    )  # what is called on a selector, by its id; "" for no function that looks at times
    in_slices: frozenset[int] = frozenset()  # ids of nodes that can be evaluated some series at a time

    @classmethod
    def of(cls, expr: Expr, start_ms: int, end_ms: int, step_ms: int) -> "Plan":
        marks = _marked(expr, start_ms != end_ms)
        return cls(start_ms, end_ms, step_ms, marks.invariant, marks.stats_only, marks.functions)

    def duration(self, ms: int, expr: DurationExpr | None, *, negative: bool = False) -> int:
        """A duration in milliseconds. Raises `ExecutionError` when an expression makes no sense."""
        if expr is None:
            return ms
        return evaluate_ms(expr, self.step_ms, self.end_ms - self.start_ms, negative=negative)

    def offset(self, shift: TimeShift) -> int:
        return self.duration(shift.offset_ms, shift.offset_expr, negative=True)

    def at(self, shift: TimeShift) -> int | None:
        """The time of `@`, or None."""
        if shift.edge:
            return self.start_ms if shift.edge == "start" else self.end_ms
        return shift.at_ms

    def context(self, name: str) -> float:
        """`start()`, `end()`, `range()`, `step()`, in seconds."""
        if name == "start":
            return self.start_ms / 1000
        if name == "end":
            return self.end_ms / 1000
        if name == "range":
            return (self.end_ms - self.start_ms) / 1000
        return self.step_ms / 1000 if self.start_ms != self.end_ms else 0.0

    def _mark_stats(self, node: Expr, *, wanted: bool) -> None:
        match node:
            case VectorSelector():
                if wanted:
                    self.stats_only.add(id(node))
                return
            case Subquery():
                wanted = False
            case Call() if node.function.name in STATS_FUNCTIONS:
                wanted = True
            case Call() if node.function.name in BUCKET_FUNCTIONS:
                wanted = False
            case Binary() if node.op in TRIMS:
                wanted = False
        for child in children(node):
            self._mark_stats(child, wanted=wanted)

    def _mark_functions(self, node: Expr, function: str) -> None:
        """Remember what is called on each selector; only for those that look at samples where they are."""
        if isinstance(node, VectorSelector):
            if not (node.anchored or node.smoothed):
                self.functions[id(node)] = function
            return
        for child in children(node):
            below = function if isinstance(node, MatrixSelector | Paren) else ""
            if isinstance(node, Call) and (
                isinstance(unwrap(child), MatrixSelector) or node.function.name == "timestamp"
            ):
                below = node.function.name
            self._mark_functions(child, below)

    def _mark(self, node: Expr) -> bool:
        """Remember the highest nodes that are the same at every step; whether this one is."""
        invariant = self._visit(node)
        if invariant and not isinstance(unwrap(node), MatrixSelector | Subquery | NumberLiteral | StringLiteral):
            self.invariant.add(id(node))
        return invariant

    def _visit(self, node: Expr) -> bool:
        match node:
            case NumberLiteral() | StringLiteral():
                return True
            case VectorSelector():
                return node.shift.has_at
            case MatrixSelector():
                return node.vector.shift.has_at
            case Subquery():
                self._mark(node.expr)
                return node.shift.has_at
            case Paren() | Unary():
                return self._mark(node.expr)
            case Aggregate():
                params = node.param is None or self._mark(node.param)
                return self._mark(node.expr) and params
            case Binary():
                sides = [self._mark(side) for side in (node.lhs, node.rhs)]
                return all(sides)
            case Call():
                return self._call(node)

    def _call(self, node: Call) -> bool:
        name = node.function.name
        if name in CONTEXT_FUNCTIONS:
            return True
        args = [self._mark(arg) for arg in node.args]
        if name == "timestamp":
            return all(args) and isinstance(unwrap(node.args[0]), VectorSelector)
        return all(args) and name not in STEP_DEPENDENT and bool(args)


@lru_cache(maxsize=1024)
def _marked(expr: Expr, several_steps: bool) -> Plan:
    """A plan of no particular time with its marks made, not to be changed. The parser remembers its trees, so that this helps."""
    plan = Plan(0, 0, 0)
    if several_steps:
        plan._mark(expr)
    plan._mark_stats(expr, wanted=False)
    plan._mark_functions(expr, "")
    return plan
