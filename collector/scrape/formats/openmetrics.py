"""OpenMetrics text 1.0.0 (and 0.0.1, which differs in nothing that matters here), as strict and as lenient as Prometheus 3 reads it.

Source: the OpenMetrics specification, and Prometheus's behaviour where it takes more (counters without `_total`, any exemplar) or less.
"""

import math
import re
from typing import Any, NoReturn

from collector.scrape.formats.created import CreatedLines
from collector.scrape.formats.lexing import LABEL, METRIC, QUOTED, read_pairs, read_series, shown, unescape
from collector.scrape.formats.numbers import parse_float
from collector.scrape.formats.reader import TextReader
from collector.scrape.page import Exemplar, Page, ParseError, ParseOptions

_VALUE = rb'"(?:[^\\"\n]|\\[^\n])*+"'
_NAME = rb"(?:" + LABEL + rb"|" + QUOTED + rb")"
# A name alone, in quotes, is the metric's; a comma or the end follows every item.
_BRACES = rb"\{(?:" + _NAME + rb"(?:=" + _VALUE + rb")?+(?:,|(?=\})))*+\}"
_EXEMPLAR = rb"\{(?:" + LABEL + rb"=" + _VALUE + rb"(?:,|(?=\})))*+\}"
_SAMPLE = re.compile(
    rb"(" + METRIC + rb"(?:" + _BRACES + rb")?+|" + _BRACES + rb") "  # key
    + rb"([^ \n]++)"  # value
    + rb"(?: (?!# \{)([^ \n]++))?+"  # timestamp
    + rb"(?: # (" + _EXEMPLAR + rb") ([^ \n]++)(?: ([^ \n]++))?+)?+\n"
)  # fmt: skip
_META = re.compile(rb"# (?:(HELP|TYPE|UNIT) (" + QUOTED + rb"|" + METRIC + rb")(?: ([^\n]*+))\n|EOF\n?+)")
_TYPES = {"counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown"}


class _OpenMetricsReader(TextReader):
    """Reads until `# EOF`, behind which nothing may stand."""

    def __init__(self, text: bytes, created: CreatedLines | None) -> None:
        super().__init__(text)
        self._created = created

    def run(self) -> None:
        text = self.text
        while True:
            match = _SAMPLE.match(text, self.position)
            if match is not None:
                self._sample(match)
                continue
            meta = _META.match(text, self.position)
            if meta is None:
                self._refuse()
            if meta[1] is None:
                if meta.end() != len(text):
                    raise ParseError("unexpected data after # EOF")
                self.add_other(meta.end())
                return
            self._metadata(meta)
            self.add_other(meta.end())

    def _refuse(self) -> NoReturn:
        if self.position >= len(self.text) or b"\n" not in self.text[self.position :]:
            raise ParseError("data does not end with # EOF")
        line_end = self.text.index(b"\n", self.position)
        raise ParseError(f"expected a valid start token while parsing: {shown(self.text[self.position : line_end])}")

    def _sample(self, match: re.Match[bytes]) -> None:
        key, value, stamp, example, example_value, example_stamp = match.groups()
        try:
            number = parse_float(value)
            stamp_ms = _milliseconds(stamp)
            if example is not None:
                found = Exemplar(
                    tuple(sorted(read_pairs(example))), parse_float(example_value), _milliseconds(example_stamp)
                )
                self.exemplars[len(self.keys)] = [found]
        except ValueError as error:
            raise ParseError(f"{error} while parsing: {shown(match[0])}") from error
        if self._created is not None and self._created.take(len(self.keys), key, self.kind, number):
            self.exemplars.pop(len(self.keys), None)
            self.add_other(match.end())  # compared with its value: another one is another shape
            return
        self.add_sample(key, number, stamp_ms, match.start(2) - self.position, match.end())

    def _metadata(self, meta: re.Match[bytes]) -> None:
        word, raw_name, raw_text = meta.groups()
        name = (raw_name[1:-1] if raw_name.startswith(b'"') else raw_name).decode(errors="replace")
        try:
            text = raw_text.decode()
        except UnicodeDecodeError as error:
            raise ParseError(f"{word.decode().lower()} text {shown(raw_text)} is not a valid utf8 string") from error
        if self._created is not None:
            self._created.metadata(name)
        if word == b"HELP":
            self.describe(name, help=unescape(text))
        elif word == b"TYPE":
            if text not in _TYPES:
                raise ParseError(f'invalid metric type "{text}"')
            self.kind = text
            self.describe(name, type=text)
        else:
            if text and not name.endswith(f"_{text}"):
                raise ParseError(f'unit "{text}" not a suffix of metric "{name}"')
            self.describe(name, unit=text)


def _milliseconds(text: bytes | None) -> int | None:
    if text is None:
        return None
    seconds = parse_float(text)
    if not math.isfinite(seconds):
        raise ValueError(f"invalid timestamp {text.decode()}")
    return int(seconds * 1000)


def parse_openmetrics(body: Any, options: ParseOptions) -> Page:
    """The page `body` (any bytes-like object). Raises `ScrapeError`, mostly `ParseError`."""
    created = CreatedLines(read_series) if options.created_timestamps else None
    reader = _OpenMetricsReader(bytes(body), created)
    try:
        reader.run()
    except ParseError as error:
        raise reader.first_error(error) from error
    page = reader.page(whole=reader.text.endswith(b"\n"))
    if created is not None:
        page.created_ms = created.created_ms
    return page
