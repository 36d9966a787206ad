"""The notation of series in rule unit tests: `up{job="a"} 1+2x10 _ stale {{schema:0 count:4 buckets:[1 3]}}`.

`a+bxn` is n + 1 samples from a upwards by b, `axn` a repeated n more times, `_` no sample, `_xn` n of them. Source: Prometheus's
documentation of unit testing for rules.
"""

import re
from typing import Final, TypeAlias

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.errors import ParseError, Span
from collector.promql.histograms.arithmetic import Combined, IncompatibleBucketsError, add, subtract
from collector.promql.parser.lexer import Lexer
from collector.promql.parser.numbers import parse_number
from collector.promql.parser.quoting import go_quote, unquote
from collector.promql.parser.tokens import IDENTIFIER, METRIC_IDENTIFIER, METRIC_WORDS, STRING
from collector.storage.interface import STALE_NAN
from pharos.labels import METRIC_NAME, Labels

SeriesValue: TypeAlias = float | FloatHistogram | None

_NUMBER: Final = r"(?:(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])"
_FLOATS: Final = re.compile(rf"([+-]?{_NUMBER})(?:([+-]{_NUMBER})(?=x))?(?:x(\d+))?(?=\s|$)")
_BLANK: Final = re.compile(r"_(?:x(\d+))?(?=\s|$)")
_STALE: Final = re.compile(r"stale(?:x(\d+))?(?=\s|$)")
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`'
_METRIC: Final = re.compile(
    rf"[ \t]*(?:[A-Za-z_:][A-Za-z0-9_:]*)?(?:[ \t]*\{{(?!\{{)(?:[^\}}\"'`]|{_QUOTED})*\}}?)?", re.DOTALL
)
_TIMES: Final = re.compile(r"x(\d+)")
_FIELD: Final = re.compile(r"\s*([a-z_]+):(\[[^\]]*\]|[^\s\]]+)")
_HINTS: Final = {
    "unknown": CounterReset.UNKNOWN,
    "reset": CounterReset.RESET,
    "not_reset": CounterReset.NOT_RESET,
    "gauge": CounterReset.GAUGE,
}
_FIELDS: Final = frozenset({
    "schema", "sum", "count", "z_bucket", "z_bucket_w", "buckets", "offset", "n_buckets", "n_offset", "custom_values",
    "counter_reset_hint",
})  # fmt: skip


def parse_series_description(text: str) -> tuple[Labels, list[SeriesValue]]:
    """Labels and values of one line; None is no sample, a stale marker is `STALE_NAN`. Raises `ParseError`."""
    labels, position = parse_metric(text)
    return labels, parse_series_values(text, position)


def parse_metric(text: str, position: int = 0) -> tuple[Labels, int]:
    """`name{label="value"}` at `position`, and where it ends. Raises `ParseError`."""
    reader = _MetricReader(text, position)
    return reader.read(), reader.end


def parse_series_values(text: str, position: int = 0) -> list[SeriesValue]:
    """The values from `position` on. Raises `ParseError`."""
    values: list[SeriesValue] = []
    while True:
        while text[position : position + 1].isspace():
            position += 1
        if position >= len(text):
            return values
        position = _item(text, position, values)


class _MetricReader:
    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.end = position
        self._offset = position
        self._lexer = Lexer(text[position : _metric_end(text, position)])

    def read(self) -> Labels:
        labels: Labels = {}
        token = self._lexer.next()
        if token.kind in (IDENTIFIER, METRIC_IDENTIFIER) or token.kind in METRIC_WORDS:
            labels[METRIC_NAME] = token.text
            self.end = self._offset + token.end
            token = self._lexer.next()
        if token.kind != "{":
            return labels
        token = self._lexer.next()
        while token.kind != "}":
            if token.kind not in (IDENTIFIER, STRING):
                raise self._error(
                    f'unexpected {token.describe()} in label set, expected identifier or "}}"', token.span
                )
            name = unquote(token.text) if token.kind == STRING else token.text
            sign = self._lexer.next()
            if sign.kind == "=":
                value = self._lexer.next()
                if value.kind != STRING:
                    raise self._error(f"unexpected {value.describe()} in label set, expected string", value.span)
                labels[name] = unquote(value.text)
                sign = self._lexer.next()
            elif token.kind == STRING:
                labels[METRIC_NAME] = name
            else:
                raise self._error(f'unexpected {sign.describe()} in label set, expected "="', sign.span)
            if sign.kind == "}":
                token = sign
                break
            if sign.kind != ",":
                raise self._error(f'unexpected {sign.describe()} in label set, expected "," or "}}"', sign.span)
            token = self._lexer.next()
        self.end = self._offset + token.end
        return {name: value for name, value in labels.items() if value}

    def _error(self, reason: str, span: Span) -> ParseError:
        return ParseError(reason, Span(span.start + self._offset, span.end + self._offset), self.text)


def _metric_end(text: str, position: int) -> int:
    """Where the name and the labels end: what follows are values, another language that the lexer must not see."""
    match = _METRIC.match(text, position)
    assert match is not None
    return match.end()


def _item(text: str, position: int, values: list[SeriesValue]) -> int:
    if text.startswith("{{", position):
        return _histograms(text, position, values)
    if match := _BLANK.match(text, position):
        values.extend([None] * int(match[1] or 1))
    elif match := _STALE.match(text, position):
        values.extend([float(STALE_NAN)] * (int(match[1] or 0) + 1))
    elif match := _FLOATS.match(text, position):
        value, step = parse_number(match[1]), parse_number(match[2]) if match[2] else 0.0
        for _ in range(int(match[3] or 0) + 1):
            values.append(value)
            value += step
    else:
        word = text[position:].split(maxsplit=1)[0]
        reason = f'unexpected {go_quote(word)} in series values, expected number or "stale"'
        raise ParseError(reason, Span(position, position + len(word)), text)
    return match.end()


def _histograms(text: str, position: int, values: list[SeriesValue]) -> int:
    current, end = _histogram(text, position)
    sign = text[end : end + 1]
    step: FloatHistogram | None = None
    if sign in ("+", "-") and text.startswith("{{", end + 1):
        step, end = _histogram(text, end + 1)
    times = _TIMES.match(text, end)
    values.append(current)
    for _ in range(int(times[1]) if times else 0):
        if step is not None:
            current = _advance(text, position, current, step, sign)
        values.append(current)
    return times.end() if times else end


def _advance(text: str, position: int, current: FloatHistogram, step: FloatHistogram, sign: str) -> FloatHistogram:
    where = Span(position, position + 2)
    if current.schema > step.schema:
        merge = f"cannot merge from schema {step.schema} to {current.schema}"
        raise ParseError(f"error combining histograms: {merge}", where, text)
    try:
        combined: Combined = add(current, step) if sign == "+" else subtract(current, step)
    except IncompatibleBucketsError as error:
        raise ParseError(str(error), where, text) from error
    return combined.histogram


def _histogram(text: str, position: int) -> tuple[FloatHistogram, int]:
    close = text.find("}}", position)
    if close < 0:
        raise ParseError("unexpected end of histogram description", Span(position, len(text)), text)
    fields: dict[str, str] = {}
    at = position + 2
    while text[at:close].strip():
        match = _FIELD.match(text, at, close)
        if match is None or match[1] not in _FIELDS:
            word = text[at:close].split(maxsplit=1)[0]
            raise ParseError(f"bad histogram descriptor found: {go_quote(word)}", Span(at, close), text)
        if match[1] in fields:
            raise ParseError(f'duplicate key "{match[1]}" in histogram', Span(0, 0), text)
        fields[match[1]] = match[2]
        at = match.end()
    return _build(fields), close + 2


def _build(fields: dict[str, str]) -> FloatHistogram:
    positive, negative = _numbers(fields.get("buckets", "")), _numbers(fields.get("n_buckets", ""))
    return FloatHistogram(
        schema=int(fields.get("schema", "0")),
        count=parse_number(fields.get("count", "0")),
        sum=parse_number(fields.get("sum", "0")),
        zero_threshold=parse_number(fields.get("z_bucket_w", "0")),
        zero_count=parse_number(fields.get("z_bucket", "0")),
        positive_spans=((int(fields.get("offset", "0")), len(positive)),) if len(positive) else (),
        positive=positive,
        negative_spans=((int(fields.get("n_offset", "0")), len(negative)),) if len(negative) else (),
        negative=negative,
        custom_values=tuple(_numbers(fields.get("custom_values", "")).tolist()),
        counter_reset=_HINTS[fields.get("counter_reset_hint", "unknown")],
    )


def _numbers(text: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array([parse_number(part) for part in text.strip("[]").replace(",", " ").split()], float)
