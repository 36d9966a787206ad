"""Reading the tokens of one text, with one token of look-ahead. The first mistake ends the parse."""

from typing import NoReturn

from collector.promql.errors import ParseError, Span
from collector.promql.parser.ast import NumberLiteral
from collector.promql.parser.durations import literal_seconds
from collector.promql.parser.lexer import Lexer
from collector.promql.parser.numbers import parse_number
from collector.promql.parser.options import ParserOptions
from collector.promql.parser.quoting import go_quote, unquote
from collector.promql.parser.signatures import SIGNATURES, Signature
from collector.promql.parser.tokens import BROKEN, DURATION, NUMBER, Token


class TokenStream:
    """What every part of the grammar needs."""

    __slots__ = (
        "_fault",
        "_functions",
        "_in_aggregations",
        "_inside",
        "_last_end",
        "_lexer",
        "_options",
        "_text",
        "_token",
    )

    def __init__(self, text: str, options: ParserOptions, functions: dict[str, Signature] | None = None) -> None:
        self._text = text
        self._options = options
        self._functions = SIGNATURES if functions is None else functions
        self._lexer = Lexer(text)
        self._last_end = 0
        self._in_aggregations = 0
        self._inside = ("", "")  # context of a duration in brackets, and what was expected there
        self._fault: ParseError | None = None  # what is wrong with the text of the next token
        self._token = self._next()

    def _next(self) -> Token:
        """The next token. Where the text is none the parser may still find an earlier mistake: it is told when it asks for that token."""
        try:
            return self._lexer.next()
        except ParseError as error:
            self._fault = error
            return Token(BROKEN, "", len(self._text))

    def _advance(self) -> Token:
        token = self._token
        self._last_end = token.end
        self._token = self._next()
        return token

    def _accept(self, kind: str) -> Token | None:
        return self._advance() if self._token.kind == kind else None

    def _expect(self, kind: str, context: str = "", expected: str = "") -> Token:
        if self._token.kind != kind:
            self._unexpected(context, expected)
        return self._advance()

    def _unexpected(self, context: str = "", expected: str = "") -> NoReturn:
        if self._fault is not None:
            raise self._fault
        if not context:
            context, expected = self._inside
        context = context or ("aggregation" if self._in_aggregations else "")
        text = f"unexpected {self._token.describe()}"
        text += f" in {context}" if context else ""
        text += f", expected {expected}" if expected else ""
        self._fail(text, self._token.span)

    def _fail(self, reason: str, span: Span) -> NoReturn:
        raise ParseError(reason, span, self._text)

    def _number_literal(self) -> NumberLiteral:
        token = self._advance()
        return NumberLiteral(self._number(token), token.span, token.kind == DURATION)

    def _number(self, token: Token) -> float:
        try:
            return parse_number(token.text) if token.kind == NUMBER else literal_seconds(token.text)
        except ValueError as error:
            self._fail(str(error), token.span)

    def _unquote(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except ValueError as error:
            self._fail(f"error unquoting string {go_quote(token.text)}: {error}", token.span)
