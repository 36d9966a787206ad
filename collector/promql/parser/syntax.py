"""Recursive descent over the tokens of an expression; binary operators by precedence climbing.

Source of the grammar: the PromQL documentation and the behaviour of Prometheus 3.14. The first mistake ends the parse.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from collector.promql.errors import ParseError, Span
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
from collector.promql.parser.durations import literal_seconds, out_of_range, to_ms
from collector.promql.parser.lexer import Lexer
from collector.promql.parser.numbers import parse_number
from collector.promql.parser.quoting import go_quote, unquote
from collector.promql.parser.signatures import SIGNATURES, Signature
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
from pharos.labels import METRIC_NAME, is_valid_utf8_name
from pharos.matchers import Matcher, MatchOp
from pharos.regex import RegexError

_MATCH_OPS = {"=": MatchOp.EQUAL, "!=": MatchOp.NOT_EQUAL, "=~": MatchOp.REGEX, "!~": MatchOp.NOT_REGEX}


@dataclass(frozen=True, slots=True)
class ParserOptions:
    """Which experimental parts of the language are on."""

    experimental_functions: bool = False
    duration_expressions: bool = False
    extended_selectors: bool = False
    fill_modifiers: bool = False


class Syntax:
    """One parse of one text."""

    __slots__ = ("_functions", "_last_end", "_lexer", "_options", "_text", "_token")

    def __init__(self, text: str, options: ParserOptions, functions: dict[str, Signature] | None = None) -> None:
        self._text = text
        self._options = options
        self._functions = SIGNATURES if functions is None else functions
        self._lexer = Lexer(text)
        self._last_end = 0
        self._token = self._lexer.next()

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

    # Tokens

    def _advance(self) -> Token:
        token = self._token
        self._last_end = token.end
        self._token = self._lexer.next()
        return token

    def _accept(self, kind: str) -> Token | None:
        return self._advance() if self._token.kind == kind else None

    def _expect(self, kind: str, context: str = "", expected: str = "") -> Token:
        if self._token.kind != kind:
            self._unexpected(context, expected)
        return self._advance()

    def _unexpected(self, context: str = "", expected: str = "") -> NoReturn:
        text = f"unexpected {self._token.describe()}"
        text += f" in {context}" if context else ""
        text += f", expected {expected}" if expected else ""
        self._fail(text, self._token.span)

    def _fail(self, reason: str, span: Span) -> NoReturn:
        raise ParseError(reason, span, self._text)

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
                matching.include = self._grouping() if self._token.kind == "(" else ()
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

    def _number_literal(self) -> NumberLiteral:
        token = self._advance()
        return NumberLiteral(self._number(token), token.span, token.kind == DURATION)

    def _number(self, token: Token) -> float:
        try:
            return parse_number(token.text) if token.kind == NUMBER else literal_seconds(token.text)
        except ValueError as error:
            self._fail(str(error), token.span)

    def _signed_number(self) -> float:
        sign = self._advance().kind if self._token.kind in ("+", "-") else "+"
        if self._token.kind not in (NUMBER, DURATION):
            self._unexpected()
        value = self._number(self._advance())
        return -value if sign == "-" else value

    def _unquote(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except ValueError as error:
            self._fail(f"error unquoting string {go_quote(token.text)}: {error}", token.span)

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
            if self._token.kind == ")":
                self._fail("trailing commas not allowed in function call args", comma.span)

    def _aggregate_or_metric(self) -> Expr:
        op = self._advance()
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
            return self._vector_selector(op)
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

    # Selectors

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
        expected = "number, duration, step(), or range()"
        self._check_duration_start("subquery or range selector", expected)
        span = self._positive_duration()
        if self._token.kind == "]":
            close = self._advance()
            return self._matrix(expr, span, Span(bracket.start, close.end))
        if not self._accept(":"):
            self._unexpected("subquery or range", '":" or "]"')
        step: DurationOperand | None = None
        if self._token.kind != "]":
            self._check_duration_start("subquery selector", 'number, duration, step(), range(), or "]"')
            step = self._positive_duration()
        self._expect("]", "subquery selector", '"]"')
        range_ms, range_expr = _fixed_or_later(span)
        step_ms, step_expr = _fixed_or_later(step) if step is not None else (0, None)
        return Subquery(expr, range_ms, range_expr, step_ms, step_expr, Span(expr.span.start, self._last_end))

    def _check_duration_start(self, context: str, expected: str) -> None:
        if self._token.kind not in (NUMBER, DURATION, "+", "-", "(", "step", "range", "min_of", "max_of"):
            self._unexpected(context, expected)

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
        context = ("offset", "number, duration, step(), or range()")
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

    # Durations

    def _positive_duration(self) -> DurationOperand:
        amount = self._duration(0)
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


def _fixed_or_later(amount: DurationOperand) -> tuple[int, DurationExpr | None]:
    return (to_ms(amount.value), None) if isinstance(amount, NumberLiteral) else (0, amount)


def _round_half_up(value: float) -> int:
    return math.floor(value + 0.5) if value >= 0 else -math.floor(-value + 0.5)


def _go_fixed(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else f"{value:f}"


def options_of(features: Iterable[str]) -> ParserOptions:
    """Parser options of a set of feature flags, named as in Prometheus."""
    on = frozenset(features)
    return ParserOptions(
        experimental_functions="promql-experimental-functions" in on,
        duration_expressions="promql-duration-expr" in on,
        extended_selectors="promql-extended-range-selectors" in on,
        fill_modifiers="promql-binop-fill-modifiers" in on,
    )
