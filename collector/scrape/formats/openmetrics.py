"""OpenMetrics text 1.0.0 (and 0.0.1, which differs in nothing that matters here), as strict and as lenient as Prometheus 3 reads it.

Source: the OpenMetrics specification, and Prometheus's behaviour where it takes more (counters without `_total`, any exemplar) or less. From the first
line on that does not match one of the expressions here, the page is read token by token.
"""

import math
import re
from typing import Any

from collector.scrape.formats.created import CreatedLines
from collector.scrape.formats.exact import ExactOpenMetrics
from collector.scrape.formats.lexing import LABEL, METRIC, QUOTED, bare, is_plain, read_pairs, read_series, unescape
from collector.scrape.formats.numbers import parse_float
from collector.scrape.formats.reader import TextReader
from collector.scrape.page import Exemplar, Page, Pairs, ParseError, ParseOptions

_VALUE = rb'"(?:[^\\"\n]|\\[^\n])*+"'
# A comma or the end follows every item.
_ITEMS = rb"(?:(?:" + LABEL + rb"|" + QUOTED + rb")=" + _VALUE + rb"(?:,|(?=\})))*+\}"
_EXEMPLAR = rb"\{(?:" + LABEL + rb"=" + _VALUE + rb"(?:,|(?=\})))*+\}"
_SAMPLE = re.compile(
    rb"(" + METRIC + rb"(?:\{" + _ITEMS + rb")?+|\{" + QUOTED + rb"(?:,|(?=\}))" + _ITEMS + rb") "  # key
    + rb"([^ \n]++)"  # value
    + rb"(?: (?!# \{)([^ \n]++))?+"  # timestamp
    + rb"(?: # (" + _EXEMPLAR + rb") ([^ \n]++)(?: ([^ \n]++))?+)?+\n"
)  # fmt: skip
_META = re.compile(rb"# (?:(HELP|TYPE|UNIT) (" + METRIC + rb"|" + QUOTED + rb") ([^\n]*+)\n|EOF\n?+)")
_TYPES = {"counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown"}


class _OpenMetricsReader(TextReader):
    """Reads until `# EOF`, behind which nothing may stand."""

    def __init__(self, text: bytes, created: CreatedLines | None) -> None:
        super().__init__(text)
        self._created = created

    def run(self) -> bool:
        """To `# EOF`, and True, or to a line that must be read token by token."""
        text, end = self.text, len(self.text)
        while self.position < end:
            match = _SAMPLE.match(text, self.position)
            if match is not None:
                if not self._sample(match):
                    return False
                continue
            meta = _META.match(text, self.position)
            if (
                meta is None
                or (meta[1] is None and meta.end() < end)
                or (meta[1] is not None and not self._metadata(meta))
            ):
                return False
            self.add_other(meta.end())
            if meta[1] is None:
                return True
        return False

    def _sample(self, match: re.Match[bytes]) -> bool:
        key, value, stamp, example, example_value, example_stamp = match.groups()
        found = None
        try:
            number = parse_float(value)
            stamp_ms = _milliseconds(stamp)
            if example is not None:
                labels = tuple(sorted(read_pairs(example)))
                found = Exemplar(labels, parse_float(example_value), _milliseconds(example_stamp))
        except ValueError:
            return False
        if self._is_created(key, None, number):
            self.add_other(match.end())  # compared with its value: another one is another shape
            return True
        if found is not None:
            self.exemplars[len(self.keys)] = [found]
        self.add_sample(key, number, stamp_ms, match.start(2) - self.position, match.end())
        return True

    def exact_sample(
        self, key: bytes, pairs: Pairs, value: float, stamp: int | None, exemplar: Exemplar | None
    ) -> None:
        if not self._is_created(key, pairs, value):
            super().exact_sample(key, pairs, value, stamp, exemplar)

    def _is_created(self, key: bytes, pairs: Pairs | None, value: float) -> bool:
        """Whether the sample only tells when others began."""
        if self._created is None:
            return False
        return self._created.take(len(self.keys), pairs or read_series(key, self.kind), self.kind, value)

    def begin_family(self, name: str) -> None:
        if self._created is not None:
            self._created.metadata(name)

    def _metadata(self, meta: re.Match[bytes]) -> bool:
        word, raw_name, raw_text = meta.groups()
        name, text = bare(raw_name), raw_text.decode()
        if word == b"HELP":
            self.describe(name, help=unescape(text))
        elif word == b"TYPE":
            if text not in _TYPES:
                return False
            self.kind = text
            self.describe(name, type=text)
        else:
            if text and not name.endswith(f"_{text}"):
                return False
            self.describe(name, unit=text)
        self.begin_family(name)
        return True


def _milliseconds(text: bytes | None) -> int | None:
    if text is None:
        return None
    seconds = parse_float(text)
    if not math.isfinite(seconds):
        raise ValueError(f"invalid timestamp {text.decode()}")
    return int(seconds * 1000)


def parse_openmetrics(body: Any, options: ParseOptions) -> Page:
    """The page `body` (any bytes-like object)."""
    created = CreatedLines() if options.created_timestamps else None
    reader = _OpenMetricsReader(bytes(body), created)
    whole = is_plain(reader.text) and reader.run()
    if not whole:
        try:
            ExactOpenMetrics(reader.text, reader.position, reader).run()
        except ParseError as error:
            reader.error = error
    page = reader.page(whole=whole and reader.text.endswith(b"\n"))
    if created is not None:
        page.created_ms = created.created_ms
    return page
