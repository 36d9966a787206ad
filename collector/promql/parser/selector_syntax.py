"""Selectors and what may follow an expression: ranges, subqueries, `offset`, `@`, `anchored`, `smoothed`."""

import math

from collector.promql.errors import Span
from collector.promql.parser.ast import (
    DurationExpr,
    DurationOperand,
    Expr,
    MatrixSelector,
    NumberLiteral,
    Subquery,
    TimeShift,
    VectorSelector,
)
from collector.promql.parser.duration_syntax import DurationSyntax
from collector.promql.parser.durations import to_ms
from collector.promql.parser.tokens import DURATION, IDENTIFIER, METRIC_IDENTIFIER, METRIC_WORDS, NUMBER, STRING, Token
from pharos.labels import METRIC_NAME
from pharos.matchers import Matcher, MatchOp
from pharos.regex import RegexError

_MATCH_OPS = {"=": MatchOp.EQUAL, "!=": MatchOp.NOT_EQUAL, "=~": MatchOp.REGEX, "!~": MatchOp.NOT_REGEX}


class SelectorSyntax(DurationSyntax):
    """The grammar of selectors and modifiers."""

    __slots__ = ()

    def _vector_selector(self, name: Token | None = None) -> VectorSelector:
        if name is None and (self._token.kind in (IDENTIFIER, METRIC_IDENTIFIER) or self._token.kind in METRIC_WORDS):
            name = self._advance()
        start = name.start if name else self._token.start
        matchers: list[Matcher] = []
        if self._token.kind == "{":
            matchers = self._matchers()
        elif name is None:
            self._unexpected()
        if name:
            matchers.append(Matcher(METRIC_NAME, MatchOp.EQUAL, name.text))
        return VectorSelector(name.text if name else "", matchers, Span(start, self._last_end))

    def _matchers(self) -> list[Matcher]:
        self._advance()
        matchers: list[Matcher] = []
        while self._token.kind != "}":
            matchers.append(self._matcher())
            if self._token.kind == "}":
                break
            if not self._accept(","):
                self._unexpected("label matching", '"," or "}"')
        self._advance()
        return matchers

    def _matcher(self) -> Matcher:
        name = self._token
        if name.kind not in (IDENTIFIER, STRING):
            self._unexpected("label matching", 'identifier or "}"')
        self._advance()
        label = self._unquote(name) if name.kind == STRING else name.text
        if self._token.kind not in _MATCH_OPS:
            if name.kind == IDENTIFIER:
                self._unexpected("label matching", "label matching operator")
            return Matcher(METRIC_NAME, MatchOp.EQUAL, label)
        op = _MATCH_OPS[self._advance().kind]
        value = self._expect(STRING, "label matching", "string")
        try:
            return Matcher(label, op, self._unquote(value))
        except RegexError as error:
            self._fail(str(error), Span(name.start, value.end))

    # What may follow an expression

    def _postfix(self, expr: Expr) -> Expr:
        while True:
            match self._token.kind:
                case "[":
                    expr = self._range_or_subquery(expr)
                case "offset":
                    self._advance()
                    self._offset(expr)
                case "@":
                    self._advance()
                    self._at(expr)
                case "anchored" | "smoothed":
                    self._extended(expr, self._advance().kind)
                case _:
                    return expr

    def _range_or_subquery(self, expr: Expr) -> Expr:
        bracket = self._advance()
        span = self._positive_duration(*self._expected_length())
        if self._token.kind == "]":
            close = self._advance()
            return self._matrix(expr, span, Span(bracket.start, close.end))
        if not self._accept(":"):
            self._unexpected("subquery or range", '":" or "]"')
        step: DurationOperand | None = None
        if self._token.kind != "]":
            step = self._positive_duration("subquery selector", self._expected_step())
        self._expect("]", "subquery selector", '"]"')
        range_ms, range_expr = _fixed_or_later(span)
        step_ms, step_expr = _fixed_or_later(step) if step is not None else (0, None)
        return Subquery(expr, range_ms, range_expr, step_ms, step_expr, Span(expr.span.start, self._last_end))

    def _expected_length(self) -> tuple[str, str]:
        """What stands behind `[`, in the words of the Prometheus that has such durations."""
        if self._options.duration_expressions:
            return "subquery or range selector", "number, duration, step(), or range()"
        return "subquery selector", "number or duration"

    def _expected_step(self) -> str:
        if self._options.duration_expressions:
            return 'number, duration, step(), range(), or "]"'
        return 'number or duration or "]"'

    def _matrix(self, expr: Expr, length: DurationOperand, brackets: Span) -> MatrixSelector:
        if not isinstance(expr, VectorSelector):
            self._fail("ranges only allowed for vector selectors", brackets)
        if expr.shift.has_offset:
            self._fail("no offset modifiers allowed before range", brackets)
        if expr.shift.has_at:
            self._fail("no @ modifiers allowed before range", brackets)
        range_ms, range_expr = _fixed_or_later(length)
        return MatrixSelector(expr, range_ms, range_expr, Span(expr.span.start, self._last_end))

    def _shift_of(self, expr: Expr, modifier: str) -> TimeShift:
        if not isinstance(expr, VectorSelector | MatrixSelector | Subquery):
            what = "an instant vector selector or range vector selector or a subquery"
            self._fail(f"{modifier} modifier must be preceded by {what}", expr.span)
        return expr.shift

    def _offset(self, expr: Expr) -> None:
        context = ("offset", self._expected_length()[1])
        amount = self._offset_duration(context)
        shift = self._shift_of(expr, "offset")
        if shift.has_offset:
            self._fail("offset may not be set multiple times", expr.span)
        shift.offset_ms, shift.offset_expr = _fixed_or_later(amount)
        self._stretch(expr)

    def _stretch(self, expr: Expr) -> None:
        if isinstance(expr, VectorSelector | MatrixSelector | Subquery):
            expr.span = Span(expr.span.start, self._last_end)

    def _at(self, expr: Expr) -> None:
        if self._token.kind in ("start", "end"):
            edge = self._advance().kind
            self._expect("(", "@", "timestamp") if self._token.kind != "(" else self._advance()
            self._expect(")", "@", "timestamp")
            shift = self._at_shift(expr)
            shift.edge = "start" if edge == "start" else "end"
        else:
            if self._token.kind not in (NUMBER, DURATION, "+", "-"):
                self._unexpected("@", "timestamp")
            sign = -1.0 if self._token.kind == "-" else 1.0
            if self._token.kind in ("+", "-"):
                self._advance()
            if self._token.kind not in (NUMBER, DURATION):
                self._unexpected("@", "timestamp")
            seconds = sign * self._number(self._advance())
            if not math.isfinite(seconds) or abs(seconds) >= 2**63:
                self._fail(f"timestamp out of bounds for @ modifier: {_go_fixed(seconds)}", expr.span)
            self._at_shift(expr).at_ms = _round_half_up(seconds * 1000)
        self._stretch(expr)

    def _at_shift(self, expr: Expr) -> TimeShift:
        shift = self._shift_of(expr, "@")
        if shift.has_at:
            self._fail("@ <timestamp> may not be set multiple times", expr.span)
        return shift

    def _extended(self, expr: Expr, word: str) -> None:
        if not self._options.extended_selectors:
            self._fail(f"{word} modifier is experimental and not enabled", expr.span)
        if isinstance(expr, Subquery):
            self._fail(f"{word} modifier is not supported for subqueries", expr.span)
        selector = expr.vector if isinstance(expr, MatrixSelector) else expr
        if not isinstance(selector, VectorSelector):
            self._fail(f"{word} modifier not implemented", expr.span)
        selector.anchored |= word == "anchored"
        selector.smoothed |= word == "smoothed"
        if selector.anchored and selector.smoothed:
            self._fail("anchored and smoothed modifiers cannot be used together", expr.span)


def _fixed_or_later(amount: DurationOperand) -> tuple[int, DurationExpr | None]:
    return (to_ms(amount.value), None) if isinstance(amount, NumberLiteral) else (0, amount)


def _round_half_up(value: float) -> int:
    return math.floor(value + 0.5) if value >= 0 else -math.floor(-value + 0.5)


def _go_fixed(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else f"{value:f}"
