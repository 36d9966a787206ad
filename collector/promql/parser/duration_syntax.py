"""Durations in brackets and behind `offset`: literals, and arithmetic on them."""

from collector.promql.errors import Span
from collector.promql.parser.ast import DurationExpr, DurationOperand, NumberLiteral
from collector.promql.parser.durations import out_of_range
from collector.promql.parser.stream import TokenStream
from collector.promql.parser.tokens import DURATION, NUMBER, PRECEDENCE, UNARY_PRECEDENCE, Token


class DurationSyntax(TokenStream):
    """The grammar of durations."""

    __slots__ = ()

    def _positive_duration(self, context: str, expected: str) -> DurationOperand:
        self._check_duration_start(context, expected)
        self._inside = (context, expected)
        amount = self._duration(0)
        self._inside = ("", "")
        if isinstance(amount, NumberLiteral) and amount.value <= 0:
            self._fail("duration must be greater than 0", amount.span)
        return amount

    def _offset_duration(self, context: tuple[str, str]) -> DurationOperand:
        """`offset -2^2` is `(offset -2)^2`: only one operand, arithmetic needs parentheses."""
        self._check_duration_start(*context)
        if self._token.kind not in ("+", "-"):
            return self._duration_operand(context)
        sign = self._advance()
        self._check_duration_start(*context)
        operand = self._duration_operand(context)
        if isinstance(operand, DurationExpr) and not operand.wrapped:
            return DurationExpr(sign.kind, None, operand, Span(sign.start, operand.span.end))
        return self._signed(sign, operand)

    def _signed(self, sign: Token, operand: DurationOperand) -> DurationOperand:
        span = Span(sign.start, operand.span.end)
        if isinstance(operand, DurationExpr):
            return DurationExpr("-", None, operand, span) if sign.kind == "-" else operand
        value = -operand.value if sign.kind == "-" else operand.value
        return NumberLiteral(value, span, operand.duration)

    def _duration(self, minimum: int) -> DurationOperand:
        left = self._duration_unary()
        while (op := self._token).kind in ("+", "-", "*", "/", "%", "^"):
            precedence = PRECEDENCE[op.kind]
            if precedence < minimum:
                break
            self._advance()
            right = self._duration(precedence if op.kind == "^" else precedence + 1)
            self._require_duration_expressions(left.span)
            if isinstance(right, NumberLiteral) and right.value == 0 and op.kind in "/%":
                self._fail("division by zero" if op.kind == "/" else "modulo by zero", op.span)
            left = DurationExpr(op.kind, left, right, Span(left.span.start, right.span.end))
        return left

    def _duration_unary(self) -> DurationOperand:
        if self._token.kind in ("+", "-"):
            sign = self._advance()
            return self._signed(sign, self._duration(UNARY_PRECEDENCE + 1))
        return self._duration_operand(("", ""))

    def _duration_operand(self, context: tuple[str, str]) -> DurationOperand:
        token = self._token
        match token.kind:
            case "number" | "duration":
                literal = self._number_literal()
                if out_of_range(literal.value):
                    self._fail("duration out of range", literal.span)
                return literal
            case "step" | "range":
                self._advance()
                self._expect("(")
                self._expect(")")
                return self._experimental(DurationExpr(token.kind, None, None, Span(token.start, self._last_end)))
            case "min_of" | "max_of":
                self._advance()
                self._expect("(")
                left = self._duration(0)
                self._expect(",")
                right = self._duration(0)
                self._expect(")")
                return self._experimental(DurationExpr(token.kind, left, right, Span(token.start, self._last_end)))
        if token.kind != "(":
            self._unexpected(*context)
        self._advance()
        inner = self._duration(0)
        self._expect(")")
        self._require_duration_expressions(inner.span)
        span = Span(token.start, self._last_end)
        if isinstance(inner, DurationExpr):
            return DurationExpr(inner.op, inner.lhs, inner.rhs, inner.span, wrapped=True)
        return DurationExpr("+", None, inner, span, wrapped=True)

    def _experimental(self, expr: DurationExpr) -> DurationExpr:
        self._require_duration_expressions(expr.span)
        return expr

    def _require_duration_expressions(self, span: Span) -> None:
        if not self._options.duration_expressions:
            self._fail("experimental duration expression is not enabled", span)

    def _check_duration_start(self, context: str, expected: str) -> None:
        if self._token.kind not in (NUMBER, DURATION, "+", "-", "(", "step", "range", "min_of", "max_of"):
            self._unexpected(context, expected)
