"""Type checking of a parsed expression, in Prometheus's order and words."""

from typing import NoReturn

from collector.promql.errors import ParseError, Span
from collector.promql.parser.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    MatrixSelector,
    Paren,
    Subquery,
    Unary,
    VectorSelector,
)
from collector.promql.parser.quoting import go_quote
from collector.promql.parser.signatures import DOCUMENTED, ValueType
from collector.promql.parser.tokens import COMPARISONS, SET_OPERATORS
from pharos.labels import METRIC_NAME


def check(expr: Expr, text: str) -> ValueType:
    """The type of an expression. Raises `ParseError` when a part has the wrong type or makes no sense."""
    return _Checker(text).visit(expr)


class _Checker:
    def __init__(self, text: str) -> None:
        self._text = text

    def visit(self, node: Expr) -> ValueType:
        match node:
            case Aggregate():
                self._aggregate(node)
            case Binary():
                self._binary(node)
            case Call():
                self._call(node)
            case Paren():
                self.visit(node.expr)
            case Unary():
                found = self.visit(node.expr)
                if found not in ("scalar", "vector"):
                    allowed = "unary expression only allowed on expressions of type scalar or instant vector"
                    self._fail(f"{allowed}, got {go_quote(DOCUMENTED[found])}", node.span)
            case Subquery():
                found = self.visit(node.expr)
                if found != "vector":
                    self._fail(f"subquery is only allowed on instant vector, got {found} instead", node.span)
            case MatrixSelector():
                self.visit(node.vector)
            case VectorSelector():
                self._selector(node)
        return node.type

    def _fail(self, reason: str, span: Span) -> NoReturn:
        raise ParseError(reason, span, self._text)

    def _expect(self, node: Expr, wanted: ValueType, context: str) -> None:
        found = self.visit(node)
        if found != wanted:
            self._fail(f"expected type {DOCUMENTED[wanted]} in {context}, got {DOCUMENTED[found]}", node.span)

    def _aggregate(self, node: Aggregate) -> None:
        self._expect(node.expr, "vector", "aggregation expression")
        if node.param is not None:
            self._expect(node.param, "string" if node.op == "count_values" else "scalar", "aggregation parameter")

    def _binary(self, node: Binary) -> None:
        left, right = self.visit(node.lhs), self.visit(node.rhs)
        matching = node.matching
        assert matching is not None or "scalar" in (left, right)
        if node.return_bool and node.op not in COMPARISONS:
            self._fail("bool modifier can only be used on comparison operators", self._operator_span(node))
        if node.op in COMPARISONS and not node.return_bool and left == right == "scalar":
            self._fail("comparisons between scalars must use BOOL modifier", self._operator_span(node))
        if matching is None:
            return
        if node.op in SET_OPERATORS and matching.card == "one-to-one":
            matching.card = "many-to-many"
        if matching.on:
            twice = next((label for label in matching.labels if label in matching.include), None)
            if twice is not None:
                reason = f"label {go_quote(twice)} must not occur in ON and GROUP clause at once"
                self._fail(reason, self._operator_span(node))
        for side, found in ((node.lhs, left), (node.rhs, right)):
            if found not in ("scalar", "vector"):
                self._fail("binary expression must contain only scalar and instant vector types", side.span)
        if "scalar" in (left, right):
            self._no_matching(node)
        elif node.op in SET_OPERATORS:
            self._set_operator(node)

    def _no_matching(self, node: Binary) -> None:
        matching = node.matching
        assert matching is not None
        if matching.labels:
            self._fail("vector matching only allowed between instant vectors", node.span)
        if (matching.fill_left, matching.fill_right) != (None, None):
            self._fail("filling in missing series only allowed between instant vectors", node.span)
        node.matching = None
        if node.op in SET_OPERATORS:
            self._fail(f"set operator {go_quote(node.op)} not allowed in binary scalar expression", node.span)

    def _set_operator(self, node: Binary) -> None:
        matching = node.matching
        assert matching is not None
        if matching.card in ("one-to-many", "many-to-one"):
            self._fail(f"no grouping allowed for {go_quote(node.op)} operation", node.span)
        if (matching.fill_left, matching.fill_right) != (None, None):
            self._fail("filling in missing series not allowed for set operators", node.span)

    def _operator_span(self, node: Binary) -> Span:
        start, end = node.lhs.span.end, node.rhs.span.start - 1
        while self._text[start].isspace():
            start += 1
        while self._text[end].isspace():
            end -= 1
        return Span(start, end)

    def _call(self, node: Call) -> None:
        self._count_arguments(node)
        if node.function.name == "info" and len(node.args) > 1:
            self._info(node)
        wanted = node.function.args
        for index, arg in enumerate(node.args):
            if index >= len(wanted) and node.function.variadic == 0:
                break
            expected = wanted[min(index, len(wanted) - 1)]
            found = self.visit(arg)
            if found != expected:
                context = f"call to function {go_quote(node.function.name)}"
                self._fail(f"expected type {DOCUMENTED[expected]} in {context}, got {DOCUMENTED[found]}", arg.span)

    def _count_arguments(self, node: Call) -> None:
        function, given = node.function, len(node.args)
        name, count = go_quote(function.name), len(function.args)
        if function.variadic == 0:
            if given != count:
                self._fail(f"expected {count} argument(s) in call to {name}, got {given}", node.span)
            return
        if given < count - 1:
            self._fail(f"expected at least {count - 1} argument(s) in call to {name}, got {given}", node.span)
        most = count - 1 + function.variadic
        if function.variadic > 0 and given > most:
            self._fail(f"expected at most {most} argument(s) in call to {name}, got {given}", node.span)

    def _info(self, node: Call) -> None:
        selector = node.args[1]
        if selector.type != "vector":
            wanted = f'expected type {DOCUMENTED["vector"]} in call to function "info"'
            self._fail(f"{wanted}, got {DOCUMENTED[selector.type]}", node.span)
        if not isinstance(selector, VectorSelector):
            self._fail("expected label selectors only", selector.span)
        if selector.name:
            self._fail("expected label selectors only, got vector selector instead", selector.span)
        selector.may_be_empty = True

    def _selector(self, node: VectorSelector) -> None:
        if node.name:
            for matcher in node.matchers[:-1]:
                if matcher.name == METRIC_NAME:
                    names = f"{go_quote(node.name)} or {go_quote(matcher.value)}"
                    self._fail(f"metric name must not be set twice: {names}", node.span)
        elif not node.may_be_empty and all(matcher.matches_value("") for matcher in node.matchers):
            self._fail("vector selector must contain at least one non-empty matcher", node.span)
