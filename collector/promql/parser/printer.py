"""Expressions back to text: `to_text` on one line, `pretty` over several when a part is longer than a line should be."""

from typing import Final

from collector.promql.parser.ast import (
    Aggregate,
    Binary,
    Call,
    DurationExpr,
    DurationOperand,
    Expr,
    MatrixSelector,
    NumberLiteral,
    Paren,
    StringLiteral,
    Subquery,
    TimeShift,
    Unary,
    VectorMatching,
    VectorSelector,
)
from collector.promql.parser.numbers import format_float
from collector.promql.parser.quoting import go_quote
from pharos.durations import format_duration_ms
from pharos.exposition import format_value
from pharos.labels import METRIC_NAME, is_legacy_label_name
from pharos.matchers import Matcher, MatchOp

LINE_LENGTH: Final = 100
_INDENT: Final = "  "


def to_text(node: Expr) -> str:
    """The expression on one line, in the normal form Prometheus prints."""
    match node:
        case NumberLiteral():
            return _number(node)
        case StringLiteral():
            return go_quote(node.value)
        case VectorSelector():
            return _selector(node) + _extension(node)
        case MatrixSelector():
            length = _duration(node.range_ms, node.range_expr)
            extended = " anchored" if node.vector.anchored else " smoothed" if node.vector.smoothed else ""
            return f"{_selector(node.vector)}[{length}]{extended}{_at(node.shift)}{_offset(node.shift)}"
        case Subquery():
            return to_text(node.expr) + _subquery_suffix(node)
        case Call():
            return f"{node.function.name}({', '.join(map(to_text, node.args))})"
        case Aggregate():
            param = f"{to_text(node.param)}, " if node.param is not None else ""
            return f"{_aggregate_head(node)}({param}{to_text(node.expr)})"
        case Binary():
            return f"{to_text(node.lhs)} {_operator(node)} {to_text(node.rhs)}"
        case Unary():
            return node.op + to_text(node.expr)
        case Paren():
            return f"({to_text(node.expr)})"


def pretty(node: Expr, level: int = 0) -> str:
    """The expression broken into indented lines where it would not fit on one."""
    indent = _INDENT * level
    text = to_text(node)
    if isinstance(node, Unary):
        return f"{indent}{node.op}{pretty(node.expr, level).strip()}"
    if isinstance(node, Subquery):
        return text if len(text) <= LINE_LENGTH else pretty(node.expr, level) + _subquery_suffix(node)
    if len(text) <= LINE_LENGTH:
        return indent + text
    match node:
        case Aggregate():
            param = f"{pretty(node.param, level + 1)},\n" if node.param is not None else ""
            return f"{indent}{_aggregate_head(node)}(\n{param}{pretty(node.expr, level + 1)}\n{indent})"
        case Binary():
            return f"{pretty(node.lhs, level + 1)}\n{indent}{_operator(node)}\n{pretty(node.rhs, level + 1)}"
        case Call():
            args = ",\n".join(pretty(arg, level + 1) for arg in node.args)
            return f"{indent}{node.function.name}(\n{args}\n{indent})"
        case Paren():
            return f"{indent}(\n{pretty(node.expr, level + 1)}\n{indent})"
        case _:
            return indent + text


def matcher_text(matcher: Matcher) -> str:
    """One label matcher, its name quoted when it must be."""
    name = matcher.name if is_legacy_label_name(matcher.name) else go_quote(matcher.name)
    return f"{name}{matcher.op.value}{go_quote(matcher.value)}"


def _number(node: NumberLiteral) -> str:
    if node.duration:
        sign = "-" if node.value < 0 else ""
        return sign + format_duration_ms(round(abs(node.value) * 1000))
    return format_float(node.value)


def _selector(node: VectorSelector) -> str:
    shown = sorted(matcher_text(m) for m in node.matchers if not _is_own_name(m, node.name))
    return f"{node.name}{{{','.join(shown)}}}" if shown else node.name


def _is_own_name(matcher: Matcher, name: str) -> bool:
    return matcher.name == METRIC_NAME and matcher.op is MatchOp.EQUAL and matcher.value == name and name != ""


def _extension(node: VectorSelector) -> str:
    extended = " anchored" if node.anchored else " smoothed" if node.smoothed else ""
    return f"{_at(node.shift)}{extended}{_offset(node.shift)}"


def _at(shift: TimeShift) -> str:
    if shift.at_ms is not None:
        return f" @ {shift.at_ms / 1000:.3f}"
    return f" @ {shift.edge}()" if shift.edge else ""


def _offset(shift: TimeShift) -> str:
    if shift.offset_expr is not None:
        return f" offset {_duration_expr(shift.offset_expr)}"
    return f" offset {format_duration_ms(shift.offset_ms)}" if shift.offset_ms else ""


def _duration(ms: int, expr: DurationExpr | None) -> str:
    return format_duration_ms(ms) if expr is None else _duration_expr(expr)


def _duration_expr(expr: DurationOperand) -> str:
    if isinstance(expr, NumberLiteral):
        return _number(expr)
    if expr.op in ("step", "range"):
        text = f"{expr.op}()"
    elif expr.op in ("min_of", "max_of"):
        assert expr.lhs is not None
        assert expr.rhs is not None
        text = f"{expr.op}({_duration_expr(expr.lhs)}, {_duration_expr(expr.rhs)})"
    else:
        assert expr.rhs is not None
        right = _duration_expr(expr.rhs)
        sign = "-" if expr.op == "-" else ""
        text = f"{sign}{right}" if expr.lhs is None else f"{_duration_expr(expr.lhs)} {expr.op} {right}"
    return f"({text})" if expr.wrapped else text


def _subquery_suffix(node: Subquery) -> str:
    step = format_duration_ms(node.step_ms) if node.step_ms else ""
    step = _duration_expr(node.step_expr) if node.step_expr is not None else step
    return f"[{_duration(node.range_ms, node.range_expr)}:{step}]{_at(node.shift)}{_offset(node.shift)}"


def _aggregate_head(node: Aggregate) -> str:
    if node.without:
        return f"{node.op} without ({_labels(node.grouping)}) "
    return f"{node.op} by ({_labels(node.grouping)}) " if node.grouping else node.op


def _labels(names: tuple[str, ...]) -> str:
    return ", ".join(name if is_legacy_label_name(name) else go_quote(name) for name in names)


def _operator(node: Binary) -> str:
    return node.op + (" bool" if node.return_bool else "") + (_matching(node.matching) if node.matching else "")


def _matching(matching: VectorMatching) -> str:
    text = ""
    grouped = matching.card in ("many-to-one", "one-to-many")
    if matching.labels or matching.on or grouped:
        text += f" {'on' if matching.on else 'ignoring'} ({_labels(matching.labels)})"
    if grouped:
        text += f" group_{'left' if matching.card == 'many-to-one' else 'right'} ({_labels(matching.include)})"
    left, right = matching.fill_left, matching.fill_right
    if left is not None and left == right:
        return text + f" fill ({format_value(left)})"
    if left is not None:
        text += f" fill_left ({format_value(left)})"
    if right is not None:
        text += f" fill_right ({format_value(right)})"
    return text
