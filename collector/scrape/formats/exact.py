"""Reads lines token by token: slow, but right wherever the regular expressions of the fast readers do not match.

It goes on where a fast reader stopped, and either finds the samples that stand there or says with Prometheus's words what is wrong.
"""

import math
from typing import Final, Protocol

from collector.scrape.formats.lexing import METADATA_TYPES, bare, normal_label, unescape
from collector.scrape.formats.numbers import parse_float, parse_integer
from collector.scrape.formats.tokens import EOF, Lexer, OpenMetricsLexer, TextLexer
from collector.scrape.page import Exemplar, Pairs, ParseError
from pharos.gotemplate.gofmt import quote


class Sink(Protocol):
    """Takes what is found."""

    kind: str

    def exact_sample(
        self, key: bytes, pairs: Pairs, value: float, stamp: int | None, exemplar: Exemplar | None
    ) -> None: ...

    def describe(self, name: str, **known: str) -> None: ...

    def begin_family(self, name: str) -> None: ...

    def remark(self) -> None: ...


def shown(raw: bytes) -> str:
    """Go's `%q`."""
    return quote(raw.decode(errors="surrogateescape"))


class _ExactReader:
    names = ("HELP", "TYPE")

    def __init__(self, lexer: Lexer, sink: Sink, text_types: tuple[str, ...]) -> None:
        self._lexer, self._sink, self._types = lexer, sink, text_types
        self._begin = lexer.position
        self._name: bytes | None = None
        self._labels: list[tuple[str, bytes]] = []

    def run(self) -> None:
        """To the end of the page. Raises `ParseError`."""
        while self._entry():
            pass

    def _entry(self) -> bool:
        raise NotImplementedError

    def _error(self, expected: str, got: str) -> ParseError:
        lexer = self._lexer
        end = min(lexer.position + 1, len(lexer.text))
        token, line = lexer.text[lexer.start : end], lexer.text[self._begin : end]
        return ParseError(f"{expected}, got {shown(token)} ({quote(got)}) while parsing: {shown(line)}")

    def _here(self, problem: object) -> ParseError:
        return ParseError(f"{problem} while parsing: {shown(self._lexer.text[self._begin : self._lexer.position])}")

    def _metadata_name(self, word: str) -> str:
        kind = self._lexer.next()
        if kind != "MNAME":
            raise self._error(f"expected metric name after {word}", kind)
        return bare(self._lexer.token)

    def _describe(self, word: str, name: str, text: bytes) -> None:
        if word == "TYPE":
            found = text.decode(errors="surrogateescape")
            if found not in self._types:
                raise ParseError(f"invalid metric type {shown(text)}")
            self._sink.kind = METADATA_TYPES.get(found, found)
            self._sink.describe(name, type=self._sink.kind)
        elif word == "HELP":
            try:
                self._sink.describe(name, help=unescape(text.decode()))
            except UnicodeDecodeError as error:
                raise ParseError(f"help text {shown(text)} is not a valid utf8 string") from error

    def _series(self, kind: str) -> tuple[bytes, str]:
        """The bytes of a series that begins with a token of this kind, and the kind of the token behind it."""
        self._name, self._labels = None, []
        if kind == "MNAME":
            self._name = self._lexer.text[self._begin : self._lexer.position]
            end = self._lexer.position
            kind = self._lexer.next()
        if kind == "BOPEN":
            self._read_labels(self._labels, in_exemplar=False)
            end = self._lexer.position
            kind = self._lexer.next()
        if self._name is None:
            raise self._here("metric name not set")
        return self._lexer.text[self._begin : end], kind

    def _read_labels(self, labels: list[tuple[str, bytes]], *, in_exemplar: bool) -> None:
        lexer = self._lexer
        kind = lexer.next()
        while kind != "BCLOSE":
            if kind not in ("LNAME", "QSTRING"):
                raise self._error("expected label name", kind)
            name = lexer.token
            kind = lexer.next()
            if kind in ("COMMA", "BCLOSE"):  # a name alone is the metric's
                if in_exemplar:
                    raise self._error("expected label name", kind)
                if self._name is not None:
                    raise self._here("metric name already set")
                self._name = name[1:-1]
                kind = lexer.next() if kind == "COMMA" else kind
                continue
            labels.append((bare(name), self._value(kind)))
            kind = self._behind_value(lexer.next())

    def _value(self, kind: str) -> bytes:
        if kind != "EQUAL":
            raise self._error("expected equal", kind)
        kind = self._lexer.next()
        if kind != "LVALUE":
            raise self._error("expected label value", kind)
        value = self._lexer.token
        try:
            value.decode()
        except UnicodeDecodeError as error:
            raise ParseError(f"invalid UTF-8 label value: {shown(value)}") from error
        return value[1:-1]

    def _behind_value(self, kind: str) -> str:
        """Skips a comma behind a label; the kind of the token that comes then."""
        return self._lexer.next() if kind == "COMMA" else kind

    def _pairs(self) -> Pairs:
        assert self._name is not None
        name, kind = _unescaped(self._name), self._sink.kind
        labels = ((unescape(label), _unescaped(value)) for label, value in self._labels)
        return [("__name__", name), *((label, normal_label(label, value, kind)) for label, value in labels)]


class ExactText(_ExactReader):
    """The Prometheus text format."""

    def __init__(self, text: bytes, position: int, sink: Sink) -> None:
        super().__init__(
            TextLexer(text + b"\n", position), sink, ("counter", "gauge", "histogram", "summary", "untyped")
        )

    def _entry(self) -> bool:
        self._begin = self._lexer.position
        match self._lexer.next():
            case "EOF":
                return False
            case "LINEBREAK":
                pass
            case "COMMENT":  # behind it there is always a line break, which is an empty entry
                self._sink.remark()
            case ("HELP" | "TYPE") as word:
                self._metadata(word)
            case ("BOPEN" | "MNAME") as kind:
                self._sample(*self._series(kind))
            case kind:
                raise self._error("expected a valid start token", kind)
        return True

    def _metadata(self, word: str) -> None:
        name = self._metadata_name(word)
        kind = self._lexer.next()
        if kind != "TEXT":
            raise ParseError(f"expected text in {word}, got {kind}")
        self._describe(word, name, self._lexer.token[1:])
        kind = self._lexer.next()
        if kind != "LINEBREAK":
            raise self._error("linebreak expected after metadata", kind)

    def _sample(self, key: bytes, kind: str) -> None:
        if kind != "VALUE":
            raise self._error("expected value after metric", kind)
        stamp = None
        try:
            value = parse_float(self._lexer.token)
            kind = self._lexer.next()
            if kind == "TIMESTAMP":
                stamp = parse_integer(self._lexer.token)
        except ValueError as error:
            raise self._here(error) from error
        if kind == "TIMESTAMP":
            kind = self._lexer.next()
            if kind != "LINEBREAK":
                raise self._error("expected next entry after timestamp", kind)
        elif kind != "LINEBREAK":
            raise self._error("expected timestamp or new record", kind)
        self._sink.exact_sample(key, self._pairs(), value, stamp, None)


_OPEN_TYPES: Final = ("counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown")
_NO_END: Final = "data does not end with # EOF"


class ExactOpenMetrics(_ExactReader):
    """OpenMetrics text."""

    def __init__(self, text: bytes, position: int, sink: Sink) -> None:
        super().__init__(OpenMetricsLexer(text, position), sink, _OPEN_TYPES)

    def _entry(self) -> bool:
        self._begin = self._lexer.position
        match self._lexer.next():
            case "EOFWORD":
                if self._lexer.next() != EOF:
                    raise ParseError("unexpected data after # EOF")
                return False
            case "EOF":
                raise ParseError(_NO_END)
            case ("HELP" | "TYPE" | "UNIT") as word:
                self._metadata(word)
            case ("BOPEN" | "MNAME") as kind:
                self._sample(*self._series(kind))
            case kind:
                raise self._error("expected a valid start token", kind)
        return True

    def _metadata(self, word: str) -> None:
        name = self._metadata_name(word)
        if self._lexer.next() != "TEXT":
            raise ParseError(f"expected text in {word}")
        text = self._lexer.token[1:-1]
        self._sink.begin_family(name)
        self._describe(word, name, text)
        if word == "UNIT":
            unit = text.decode(errors="surrogateescape")
            if unit and not name.endswith(f"_{unit}"):
                raise ParseError(f"unit {shown(text)} not a suffix of metric {quote(name)}")
            self._sink.describe(name, unit=unit)

    def _sample(self, key: bytes, kind: str) -> None:
        value = self._number(kind, "metric")
        kind = self._lexer.next()
        stamp, exemplar = None, None
        if kind == EOF:
            raise ParseError(_NO_END)
        if kind == "TIMESTAMP":
            stamp = self._time("timestamp")
            kind = self._lexer.next()
            if kind not in ("LINEBREAK", "COMMENT"):
                raise self._error("expected next entry after timestamp", kind)
        if kind == "COMMENT":
            exemplar = self._exemplar()
        # Anything else behind a value is a matter of the next line.
        self._sink.exact_sample(key, self._pairs(), value, stamp, exemplar)

    def _exemplar(self) -> Exemplar:
        labels: list[tuple[str, bytes]] = []
        self._read_labels(labels, in_exemplar=True)
        value = self._number(self._lexer.next(), "exemplar labels")
        kind = self._lexer.next()
        stamp = None
        if kind == EOF:
            raise ParseError(_NO_END)
        if kind == "TIMESTAMP":
            stamp = self._time("exemplar timestamp")
            kind = self._lexer.next()
            if kind != "LINEBREAK":
                raise self._error("expected next entry after exemplar timestamp", kind)
        elif kind != "LINEBREAK":
            raise self._error("expected timestamp or comment", kind)
        return Exemplar(tuple(sorted((name, text.decode()) for name, text in labels)), value, stamp)

    def _behind_value(self, kind: str) -> str:
        if kind not in ("COMMA", "BCLOSE"):
            raise self._error("expected comma or brace close", kind)
        return super()._behind_value(kind)

    def _number(self, kind: str, after: str) -> float:
        if kind != "VALUE":
            raise self._error(f"expected value after {after}", kind)
        try:
            return parse_float(self._lexer.token[1:])
        except ValueError as error:
            raise self._here(error) from error

    def _time(self, noun: str) -> int:
        """Seconds of the current token in milliseconds."""
        try:
            seconds = parse_float(self._lexer.token[1:])
        except ValueError as error:
            raise self._here(error) from error
        if not math.isfinite(seconds):
            sign = "" if math.isnan(seconds) else "+" if seconds > 0 else "-"
            raise ParseError(f"invalid {noun} {sign}{'NaN' if math.isnan(seconds) else 'Inf'}")
        return int(seconds * 1000)


def _unescaped(raw: bytes) -> str:
    return unescape(raw.decode(errors="surrogateescape"))
