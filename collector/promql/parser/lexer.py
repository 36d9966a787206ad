"""Text to tokens, one at a time: what a character means depends on being inside braces, brackets or neither."""

import re
from typing import Final

from collector.promql.errors import ParseError, Span
from collector.promql.parser.number_scan import scan_duration, scan_number
from collector.promql.parser.quoting import go_code_point, go_quote, go_quote_char
from collector.promql.parser.tokens import (
    DURATION,
    DURATION_WORDS,
    EOF,
    IDENTIFIER,
    KEYWORDS,
    METRIC_IDENTIFIER,
    NUMBER,
    STRING,
    Token,
)

_SKIP: Final = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)+")
_WORD: Final = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LABEL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LETTERS: Final = re.compile(r"[A-Za-z_]+")
_STRING_PLAIN: Final = {q: re.compile(rf"[^\\\n{q}]*") for q in "\"'"}
_ESCAPE: Final = re.compile(r"\\(?:[abfnrtv\\]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})")
_OPERATORS: Final = {"*", "/", "%", "+", "-", "^", ",", "@", "=", "==", "!=", "<", "<=", "</", ">", ">=", ">/"}
_DIGITS: Final = frozenset("0123456789")
_DURATION_CHARS: Final = frozenset("+-*/%^")


class Lexer:
    """Reads a query from left to right. Raises `ParseError` at the first character that belongs to no token."""

    __slots__ = (
        "_in_braces",
        "_in_brackets",
        "_parens",
        "_position",
        "_seen_colon",
        "_seen_duration",
        "_seen_word",
        "_strict",
        "text",
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self._position = 0
        self._parens = 0
        self._in_braces = self._in_brackets = False
        self._seen_colon = self._seen_duration = self._seen_word = False
        self._strict = False  # just behind "[": nothing but a duration expression

    def next(self) -> Token:
        """The next token; `EOF` at the end."""
        skip = _SKIP.match(self.text, self._position)
        if skip:
            self._position = skip.end()
        if self._in_braces:
            return self._inside_braces()
        if self._strict:
            return self._duration_expression()
        return self._statement()

    def _statement(self) -> Token:
        start = self._position
        char = self.text[start : start + 1]
        if not char:
            return self._end(start)
        if char.isascii() and (char.isalpha() or char in "_:"):
            return self._colon_or_word(char, start) if self._in_brackets else self._word(start)
        if char in _DIGITS or (char == "." and self.text[start + 1 : start + 2] in _DIGITS and self.text[start + 1 :]):
            return self._number(start)
        if char in "\"'`":
            return self._string(char, start)
        if char in "(){}[]":
            return self._bracket(char, start)
        return self._operator(char, start)

    def _end(self, start: int) -> Token:
        if self._parens:
            raise self._error("unclosed left parenthesis", start)
        if self._in_brackets:
            raise self._error("unclosed left bracket", start)
        return Token(EOF, "", start)

    def _operator(self, char: str, start: int) -> Token:
        following = self.text[start + 1 : start + 2]
        if char == "=" and following == "~":
            raise self._error("unexpected character after '=': '~'", start)
        if char == "!" and following != "=":
            raise self._error(f"unexpected character after '!': {go_quote_char(following)}", start)
        if following and char + following in _OPERATORS:
            return self._emit(char + following, start, 2)
        if char in _OPERATORS:
            return self._emit(char, start, 1)
        raise self._error(f"unexpected character: {go_quote_char(char)}", start)

    def _bracket(self, char: str, start: int) -> Token:
        if char == "(":
            self._parens += 1
        elif char == ")":
            self._parens -= 1
            if self._parens < 0:
                raise self._error("unexpected right parenthesis ')'", start + 1)
        elif char == "{":
            self._in_braces = True
        elif char == "}":
            raise self._error("unexpected character: '}'", start)
        elif char == "[":
            if self._in_brackets:
                raise self._error("unexpected left bracket '['", start)
            self._in_brackets = self._strict = True
            self._seen_colon = self._seen_duration = self._seen_word = False
        else:
            if not self._in_brackets:
                raise self._error("unexpected right bracket ']'", start)
            self._in_brackets = False
        return self._emit(char, start, 1)

    def _word(self, start: int) -> Token:
        match = _WORD.match(self.text, start)
        assert match is not None
        word = match[0]
        lower = word.lower()
        self._position = match.end()
        if lower in ("inf", "nan"):
            return Token(NUMBER, word, start)
        if lower in KEYWORDS and not (lower.startswith("fill") and not self._parenthesis_follows()):
            return Token(lower, word, start)
        return Token(METRIC_IDENTIFIER if ":" in word else IDENTIFIER, word, start)

    def _parenthesis_follows(self) -> bool:
        """`fill` is a modifier only in front of a parenthesis, so that metrics of that name still work."""
        return self.text[self._position :].lstrip(" \t\r\n").startswith("(")

    def _colon_or_word(self, char: str, start: int) -> Token:
        if char == ":":
            if self._seen_colon:
                raise self._error("unexpected colon ':'", start)
            self._seen_colon = True
            return self._emit(":", start, 1)
        word = self._duration_word(start)
        if word is None:
            if self._seen_colon:
                raise self._error(f"unexpected colon {go_quote_char(char)}", start)
            raise self._error(f"unexpected character: {go_quote_char(char)}, expected ':'", start)
        return word

    def _duration_word(self, start: int) -> Token | None:
        match = _LETTERS.match(self.text, start)
        if match is None or match[0].lower() not in DURATION_WORDS:
            return None
        self._position = match.end()
        self._seen_word = True
        return Token(match[0].lower(), match[0], start)

    def _number(self, start: int) -> Token:
        is_number, end = scan_number(self.text, start)
        is_duration = False
        if not is_number:
            is_duration, end = scan_duration(self.text, end)
        if not is_number and not is_duration:
            raise self._error(f"bad number or duration syntax: {go_quote(self.text[start:end])}", start)
        self._position = end
        return Token(NUMBER if is_number else DURATION, self.text[start:end], start)

    def _string(self, quote: str, start: int) -> Token:
        end = self._raw_end(start) if quote == "`" else self._quoted_end(quote, start)
        self._position = end
        return Token(STRING, self.text[start:end], start)

    def _raw_end(self, start: int) -> int:
        end = self.text.find("`", start + 1)
        if end < 0:
            raise self._error("unterminated raw string", start)
        return end + 1

    def _quoted_end(self, quote: str, start: int) -> int:
        position = start + 1
        while True:
            match = _STRING_PLAIN[quote].match(self.text, position)
            assert match is not None
            position = match.end()
            char = self.text[position : position + 1]
            if char == quote:
                return position + 1
            if char != "\\":
                raise self._error("unterminated quoted string", start)
            position = self._escape_end(quote, position, start)

    def _escape_end(self, quote: str, position: int, start: int) -> int:
        following = self.text[position + 1 : position + 2]
        if following == quote:
            return position + 2
        match = _ESCAPE.match(self.text, position)
        if match is None:
            raise self._error(self._escape_fault(position, following), start)
        if following in "uUx01234567":
            value = int(match[0][1:], 8) if following in "01234567" else int(match[0][2:], 16)
            limit = 0x10FFFF if following in "uU" else 255
            if value > limit or 0xD800 <= value < 0xE000:
                raise self._error("escape sequence is an invalid Unicode code point", start)
        return match.end()

    def _escape_fault(self, position: int, following: str) -> str:
        if not following:
            return "escape sequence not terminated"
        if following not in "xuU01234567":
            return f"unknown escape sequence {go_code_point(following)}"
        digits = "01234567" if following in "01234567" else "0123456789abcdefABCDEF"
        first = position + (1 if following in "01234567" else 2)
        bad = next((char for char in self.text[first:] if char not in digits), "")
        return f"illegal character {go_code_point(bad)} in escape sequence" if bad else "escape sequence not terminated"

    def _inside_braces(self) -> Token:
        start = self._position
        char = self.text[start : start + 1]
        if not char:
            raise self._error("unexpected end of input inside braces", start)
        if char in "\"'`":
            return self._string(char, start)
        match = _LABEL.match(self.text, start)
        if match:
            self._position = match.end()
            return Token(IDENTIFIER, match[0], start)
        if char in ",}":
            self._in_braces = char != "}"
            return self._emit(char, start, 1)
        following = self.text[start + 1 : start + 2]
        if char == "=":
            return self._emit("=~", start, 2) if following == "~" else self._emit("=", start, 1)
        if char == "!" and following in ("~", "="):
            return self._emit(char + following, start, 2)
        if char == "!":
            raise self._error(f"unexpected character after '!' inside braces: {go_quote_char(following)}", start)
        if char == "{":
            raise self._error("unexpected left brace '{'", start)
        raise self._error(f"unexpected character inside braces: {go_quote_char(char)}", start)

    def _duration_expression(self) -> Token:
        start = self._position
        char = self.text[start : start + 1]
        if not char:
            raise self._error("unexpected end of input in duration expression", start)
        if char == "]":
            self._strict = self._in_brackets = False
            return self._emit(char, start, 1)
        if char in _DIGITS or (char == "." and self.text[start + 1 : start + 2] in _DIGITS and self.text[start + 1 :]):
            self._strict = False
            self._seen_duration = True
            return self._number(start)
        if char in _DURATION_CHARS or (char == "," and self._seen_word):
            return self._emit(char, start, 1)
        if char in "()":
            return self._bracket(char, start)
        if char == ":":
            raise self._error("unexpected colon before duration in duration expression", start + 1)
        word = self._duration_word(start)
        if word is None:
            raise self._error(f"unexpected character in duration expression: {go_quote_char(char)}", start)
        return word

    def _emit(self, kind: str, start: int, length: int) -> Token:
        self._position = start + length
        return Token(kind, kind, start)

    def _error(self, reason: str, at: int) -> ParseError:
        return ParseError(reason, Span(at, len(self.text)), self.text)
