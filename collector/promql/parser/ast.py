"""The tree of an expression. Every node knows where it stands in the text; nodes are not changed after parsing.

Durations and times are milliseconds; a `DurationExpr` beside one means that it is known only when the query is run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from collector.promql.errors import Span
from collector.promql.parser.signatures import Signature, ValueType
from pharos.matchers import Matcher


@dataclass(slots=True, eq=False)
class NumberLiteral:
    """A number; `duration` when it was written as `5m`."""

    value: float
    span: Span
    duration: bool = False

    @property
    def type(self) -> ValueType:
        return "scalar"


@dataclass(slots=True, eq=False)
class StringLiteral:
    value: str
    span: Span

    @property
    def type(self) -> ValueType:
        return "string"


@dataclass(slots=True, eq=False)
class DurationExpr:
    """Arithmetic on durations: op is an operator, `step`, `range`, `min_of` or `max_of`; a unary one has no lhs."""

    op: str
    lhs: "DurationOperand | None"
    rhs: "DurationOperand | None"
    span: Span
    wrapped: bool = False


DurationOperand: TypeAlias = NumberLiteral | DurationExpr


@dataclass(slots=True, eq=False)
class TimeShift:
    """What `offset` and `@` say. `edge`: `@ start()` or `@ end()`."""

    offset_ms: int = 0
    offset_expr: DurationExpr | None = None
    at_ms: int | None = None
    edge: Literal["", "start", "end"] = ""

    @property
    def has_offset(self) -> bool:
        return self.offset_ms != 0 or self.offset_expr is not None

    @property
    def has_at(self) -> bool:
        return self.at_ms is not None or self.edge != ""


@dataclass(slots=True, eq=False)
class VectorSelector:
    """`name{matchers}`; matchers hold the one for `name` too, last."""

    name: str
    matchers: list[Matcher]
    span: Span
    shift: TimeShift = field(default_factory=TimeShift)
    anchored: bool = False
    smoothed: bool = False
    may_be_empty: bool = False

    @property
    def type(self) -> ValueType:
        return "vector"


@dataclass(slots=True, eq=False)
class MatrixSelector:
    vector: VectorSelector
    range_ms: int
    range_expr: DurationExpr | None
    span: Span

    @property
    def type(self) -> ValueType:
        return "matrix"

    @property
    def shift(self) -> TimeShift:
        return self.vector.shift


@dataclass(slots=True, eq=False)
class Subquery:
    """`expr[range:step]`; step 0 is the default step."""

    expr: "Expr"
    range_ms: int
    range_expr: DurationExpr | None
    step_ms: int
    step_expr: DurationExpr | None
    span: Span
    shift: TimeShift = field(default_factory=TimeShift)

    @property
    def type(self) -> ValueType:
        return "matrix"


@dataclass(slots=True, eq=False)
class Call:
    function: Signature
    args: "list[Expr]"
    span: Span

    @property
    def type(self) -> ValueType:
        return self.function.returns


@dataclass(slots=True, eq=False)
class Aggregate:
    op: str
    expr: "Expr"
    param: "Expr | None"
    grouping: tuple[str, ...]
    without: bool
    span: Span

    @property
    def type(self) -> ValueType:
        return "vector"


@dataclass(slots=True, eq=False)
class VectorMatching:
    """How the series of both sides find each other."""

    card: Literal["one-to-one", "many-to-one", "one-to-many", "many-to-many"] = "one-to-one"
    labels: tuple[str, ...] = ()
    on: bool = False
    include: tuple[str, ...] = ()
    fill_left: float | None = None
    fill_right: float | None = None


@dataclass(slots=True, eq=False)
class Binary:
    """`matching` is None unless both sides are vectors."""

    op: str
    lhs: "Expr"
    rhs: "Expr"
    return_bool: bool
    matching: VectorMatching | None

    @property
    def span(self) -> Span:
        return Span(self.lhs.span.start, self.rhs.span.end)

    @property
    def type(self) -> ValueType:
        return "scalar" if self.lhs.type == "scalar" and self.rhs.type == "scalar" else "vector"


@dataclass(slots=True, eq=False)
class Unary:
    op: str
    expr: "Expr"
    start: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.expr.span.end)

    @property
    def type(self) -> ValueType:
        return self.expr.type


@dataclass(slots=True, eq=False)
class Paren:
    expr: "Expr"
    span: Span

    @property
    def type(self) -> ValueType:
        return self.expr.type


Expr: TypeAlias = (
    NumberLiteral
    | StringLiteral
    | VectorSelector
    | MatrixSelector
    | Subquery
    | Call
    | Aggregate
    | Binary
    | Unary
    | Paren
)


def children(node: Expr) -> Iterator[Expr]:
    """The expressions directly below one, in the order they are evaluated."""
    match node:
        case Aggregate():
            yield node.expr
            if node.param is not None:
                yield node.param
        case Binary():
            yield node.lhs
            yield node.rhs
        case Call():
            yield from node.args
        case Subquery() | Unary() | Paren():
            yield node.expr
        case MatrixSelector():
            yield node.vector


def walk(node: Expr) -> Iterator[Expr]:
    """A node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def unwrap(node: Expr) -> Expr:
    """The expression inside any parentheses."""
    while isinstance(node, Paren):
        node = node.expr
    return node


def bare_span(node: Expr) -> Span:
    """Where remarks about an argument point: to the expression inside any parentheses."""
    return unwrap(node).span
