"""The tree of an expression as JSON-able values, in the shape of Prometheus's `/api/v1/parse_query`."""

from typing import Any

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
    VectorSelector,
)
from collector.promql.parser.numbers import format_float
from pharos.matchers import Matcher


def to_json(node: Expr | None) -> Any:
    """One node and those below it."""
    match node:
        case None:
            return None
        case NumberLiteral():
            return {"type": "numberLiteral", "val": format_float(node.value)}
        case StringLiteral():
            return {"type": "stringLiteral", "val": node.value}
        case VectorSelector():
            return {"type": "vectorSelector", **_selector(node)}
        case MatrixSelector():
            length = {"range": node.range_ms, **_calculated("rangeExpr", node.range_expr)}
            return {"type": "matrixSelector", **_selector(node.vector), **length}
        case Subquery():
            return {
                "type": "subquery",
                "expr": to_json(node.expr),
                "range": node.range_ms,
                **_calculated("rangeExpr", node.range_expr),
                "step": node.step_ms,
                **_calculated("stepExpr", node.step_expr),
                **_shift(node.shift),
            }
        case Call():
            return {"type": "call", "func": _function(node), "args": [to_json(arg) for arg in node.args]}
        case Aggregate():
            return {
                "type": "aggregation",
                "op": node.op,
                "expr": to_json(node.expr),
                "param": to_json(node.param),
                "grouping": list(node.grouping),
                "without": node.without,
            }
        case Binary():
            return {
                "type": "binaryExpr",
                "op": node.op,
                "lhs": to_json(node.lhs),
                "rhs": to_json(node.rhs),
                "matching": _matching(node),
                "bool": node.return_bool,
            }
        case Unary():
            return {"type": "unaryExpr", "op": node.op, "expr": to_json(node.expr)}
        case Paren():
            return {"type": "parenExpr", "expr": to_json(node.expr)}


def _function(node: Call) -> dict[str, Any]:
    function = node.function
    return {
        "name": function.name,
        "argTypes": list(function.args),
        "variadic": function.variadic,
        "returnType": function.returns,
    }


def _matching(node: Binary) -> dict[str, Any] | None:
    matching = node.matching
    if matching is None:
        return None
    fill = (matching.fill_left, matching.fill_right)
    return {
        "card": matching.card,
        "labels": list(matching.labels),
        "on": matching.on,
        "include": list(matching.include),
        **({} if fill == (None, None) else {"fillValues": {"lhs": fill[0], "rhs": fill[1]}}),
    }


def _selector(node: VectorSelector) -> dict[str, Any]:
    return {
        "name": node.name,
        "matchers": [_matcher(matcher) for matcher in node.matchers],
        **({"anchored": True} if node.anchored else {}),
        **({"smoothed": True} if node.smoothed else {}),
        **_shift(node.shift),
    }


def _matcher(matcher: Matcher) -> dict[str, str]:
    return {"name": matcher.name, "value": matcher.value, "type": matcher.op.value}


def _shift(shift: TimeShift) -> dict[str, Any]:
    return {
        "offset": shift.offset_ms,
        **_calculated("offsetExpr", shift.offset_expr),
        "timestamp": shift.at_ms,
        "startOrEnd": shift.edge or None,
    }


def _calculated(key: str, node: DurationOperand | None) -> dict[str, Any]:
    """What is calculated, where something is: clients of older versions do not know these keys."""
    return {} if node is None else {key: _duration(node)}


def _duration(node: DurationOperand | None) -> dict[str, Any] | None:
    if node is None:
        return None
    if isinstance(node, NumberLiteral):
        return {"type": "numberLiteral", "val": format_float(node.value), "duration": node.duration}
    assert isinstance(node, DurationExpr)
    return {
        "type": "durationExpr",
        "op": node.op,
        "lhs": _duration(node.lhs),
        "rhs": _duration(node.rhs),
        "wrapped": node.wrapped,
    }
