"""Recursive descent over the tokens of an expression; binary operators by precedence climbing.

Source of the grammar: the PromQL documentation and the behaviour of Prometheus 3.14. The first mistake ends the parse.
"""

from typing import Final

from collector.promql.errors import Span
from collector.promql.parser.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    NumberLiteral,
    Paren,
    StringLiteral,
    Unary,
    VectorMatching,
    VectorSelector,
)
from collector.promql.parser.quoting import go_quote
from collector.promql.parser.selector_syntax import SelectorSyntax
from collector.promql.parser.tokens import (
    AGGREGATORS,
    DURATION,
    EOF,
    EXPERIMENTAL_AGGREGATORS,
    IDENTIFIER,
    LABEL_WORDS,
    METRIC_IDENTIFIER,
    METRIC_WORDS,
    NUMBER,
    PARAMETER_AGGREGATORS,
    PRECEDENCE,
    PREPROCESSORS,
    STRING,
    UNARY_PRECEDENCE,
    Token,
)
from pharos.labels import is_valid_utf8_name

_BEGINNINGS: Final = {NUMBER, DURATION, STRING, IDENTIFIER, METRIC_IDENTIFIER, "(", "{", "+", "-"}


class Syntax(SelectorSyntax):
    """One parse of one text."""

    __slots__ = ()

    def expression(self) -> Expr:
        """The whole text as one expression."""
        if self._token.kind == EOF:
            self._fail("no expression found in input", Span(0, 0))
        expr = self._binary(0)
        if self._token.kind != EOF:
            self._unexpected()
        return expr

    def selector(self) -> VectorSelector:
        """The whole text as one vector selector."""
        selector = self._vector_selector()
        if self._token.kind != EOF:
            self._unexpected()
        return selector

    # Expressions

    def _binary(self, minimum: int) -> Expr:
        left = self._unary()
        while True:
            op = self._token.kind
            precedence = PRECEDENCE.get(op, 0)
            if precedence == 0 or precedence < minimum:
                return left
            self._advance()
            return_bool, matching = self._binary_modifiers()
            right = self._binary(precedence if op == "^" else precedence + 1)
            left = Binary(op, left, right, return_bool, matching)
            if not self._options.fill_modifiers and (matching.fill_left, matching.fill_right) != (None, None):
                self._fail("binop fill modifiers are experimental and not enabled", left.span)

    def _binary_modifiers(self) -> tuple[bool, VectorMatching]:
        matching = VectorMatching()
        return_bool = self._accept("bool") is not None
        if self._token.kind in ("on", "ignoring"):
            matching.on = self._advance().kind == "on"
            matching.labels = self._grouping()
            if self._token.kind in ("group_left", "group_right"):
                matching.card = "many-to-one" if self._advance().kind == "group_left" else "one-to-many"
                matching.include = self._included()
        if self._accept("fill"):
            matching.fill_left = matching.fill_right = self._fill_value()
        else:
            for _ in range(2):
                if self._token.kind == "fill_left" and matching.fill_left is None:
                    self._advance()
                    matching.fill_left = self._fill_value()
                elif self._token.kind == "fill_right" and matching.fill_right is None:
                    self._advance()
                    matching.fill_right = self._fill_value()
        return return_bool, matching

    def _included(self) -> tuple[str, ...]:
        if self._token.kind == "(":
            return self._grouping()
        if not self._begins_expression() and self._token.kind not in ("fill", "fill_left", "fill_right"):
            self._unexpected("grouping opts", '"("')
        return ()

    def _fill_value(self) -> float:
        self._expect("(")
        value = self._signed_number()
        self._expect(")")
        return value

    def _unary(self) -> Expr:
        if self._token.kind not in ("+", "-"):
            return self._postfix(self._primary())
        sign = self._advance()
        operand = self._binary(UNARY_PRECEDENCE + 1)
        if isinstance(operand, NumberLiteral):
            value = -operand.value if sign.kind == "-" else operand.value
            return NumberLiteral(value, Span(sign.start, operand.span.end), operand.duration)
        return Unary(sign.kind, operand, sign.start)

    def _primary(self) -> Expr:
        token = self._token
        if token.kind in (NUMBER, DURATION):
            return self._number_literal()
        if token.kind == STRING:
            return StringLiteral(self._unquote(self._advance()), token.span)
        if token.kind == "(":
            self._advance()
            inner = self._binary(0)
            close = self._expect(")")
            return Paren(inner, Span(token.start, close.end))
        if token.kind == "{":
            return self._vector_selector()
        if token.kind in AGGREGATORS:
            return self._aggregate_or_metric()
        if token.kind == IDENTIFIER or token.kind in PREPROCESSORS:
            self._advance()
            return self._call(token) if self._token.kind == "(" else self._vector_selector(token)
        return self._vector_selector()

    def _signed_number(self) -> float:
        sign = self._advance().kind if self._token.kind in ("+", "-") else "+"
        if self._token.kind not in (NUMBER, DURATION):
            self._unexpected()
        value = self._number(self._advance())
        return -value if sign == "-" else value

    # Calls and aggregations

    def _call(self, name: Token) -> Call:
        args = self._arguments()
        signature = self._functions.get(name.text)
        if signature is None:
            self._fail(f"unknown function with name {go_quote(name.text)}", name.span)
        if signature.experimental and not self._options.experimental_functions:
            self._fail(f"function {go_quote(name.text)} is not enabled", name.span)
        return Call(signature, args, Span(name.start, self._last_end))

    def _arguments(self) -> list[Expr]:
        self._expect("(")
        args: list[Expr] = []
        if self._accept(")"):
            return args
        while True:
            args.append(self._binary(0))
            comma = self._accept(",")
            if comma is None:
                self._expect(")")
                return args
            if self._fault is None and not self._begins_expression():
                self._fail("trailing commas not allowed in function call args", comma.span)

    def _begins_expression(self) -> bool:
        kind = self._token.kind
        return kind in _BEGINNINGS or kind in METRIC_WORDS

    def _aggregate_or_metric(self) -> Expr:
        op = self._advance()
        self._in_aggregations += 1
        if self._token.kind in ("by", "without"):
            without = self._advance().kind == "without"
            grouping = self._grouping()
            args = self._arguments()
        elif self._token.kind == "(":
            without, grouping = False, ()
            args = self._arguments()
            if self._token.kind in ("by", "without"):
                without = self._advance().kind == "without"
                grouping = self._grouping()
        else:
            self._in_aggregations -= 1
            return self._vector_selector(op)
        self._in_aggregations -= 1
        return self._aggregate(op, args, grouping, without)

    def _aggregate(self, op: Token, args: list[Expr], grouping: tuple[str, ...], without: bool) -> Aggregate:
        span = Span(op.start, self._last_end)
        if not args:
            self._fail("no arguments for aggregate expression provided", span)
        if op.kind in EXPERIMENTAL_AGGREGATORS and not self._options.experimental_functions:
            feature = "must be enabled with --enable-feature=promql-experimental-functions"
            self._fail(f"{op.kind}() is experimental and {feature}", span)
        wanted = 2 if op.kind in PARAMETER_AGGREGATORS else 1
        if len(args) != wanted:
            reason = f"wrong number of arguments for aggregate expression provided, expected {wanted}, got {len(args)}"
            self._fail(reason, span)
        return Aggregate(op.kind, args[-1], args[0] if wanted == 2 else None, grouping, without, span)

    def _grouping(self) -> tuple[str, ...]:
        self._expect("(", "grouping opts", '"("')
        labels: list[str] = []
        while self._token.kind != ")":
            labels.append(self._grouping_label())
            if self._token.kind == ")":
                break
            if not self._accept(","):
                self._unexpected("grouping opts", '"," or ")"')
        self._advance()
        return tuple(labels)

    def _grouping_label(self) -> str:
        token = self._token
        if token.kind not in (IDENTIFIER, METRIC_IDENTIFIER, STRING) and token.kind not in LABEL_WORDS:
            self._unexpected("grouping opts", "label")
        self._advance()
        name = self._unquote(token) if token.kind == STRING else token.text
        if not is_valid_utf8_name(name):
            self._fail(f"invalid label name for grouping: {go_quote(name)}", token.span)
        return name
