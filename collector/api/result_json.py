"""A query's answer as JSON text, piece by piece: the first series leave before the last are written.

All series of a range query share their steps, so the text around the values is made once for all series that have a value at each step.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.api.envelope import dump, tail
from collector.api.histogram_json import histogram_json
from collector.api.numbers import (
    all_whole,
    time_line,
    time_text,
    time_texts,
    value_bytes,
    value_text,
    value_texts,
    whole_bytes,
)
from collector.promql.result import QueryResult
from collector.storage.interface import FlatPart
from collector.storage.symbols import LabelTable

_PIECE_BYTES: Final = 256 * 1024
_BLOCK_CELLS: Final = 32 * 1024
_ROW_END: Final = b'"]]}'


def answer(
    result: QueryResult, stats: dict[str, Any] | None = None, warnings: Sequence[str] = (), limit: int = 0
) -> Iterator[bytes]:
    """The whole envelope in pieces of some 256 KiB. `limit`: at most so many series, 0 for all."""
    yield from _gathered(_pieces(result, stats, warnings, limit))


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _pieces(result: QueryResult, stats: dict[str, Any] | None, warnings: Sequence[str], limit: int) -> Iterator[bytes]:
    yield b'{"status":"success","data":{"resultType":"' + result.kind.encode() + b'","result":'
    if result.kind in ("scalar", "string"):
        yield _single(result)
    else:
        yield b"["
        comma = b""
        for series in _series(result, limit):
            yield comma + series
            comma = b","
        yield b"]"
    yield (b',"stats":' + dump(stats) if stats is not None else b"") + b"}"
    yield tail([*result.warnings, *warnings], result.infos)


def _single(result: QueryResult) -> bytes:
    when = time_text(int(result.times_ms[0])).encode()
    text = (
        dump(result.text) if result.kind == "string" else b'"' + value_text(float(result.values[0, 0])).encode() + b'"'
    )
    return b"[" + when + b"," + text + b"]"


def _series(result: QueryResult, limit: int) -> Iterator[bytes]:
    count = min(len(result), limit) if limit else len(result)
    if result.raw is not None:
        return _raw_series(result.raw, result.labels, limit)
    return _vector(result, count) if result.kind == "vector" else _matrix(result, count)


def label_texts(table: LabelTable) -> Callable[[int], bytes]:
    """A function from a row to its labels as JSON. Names are written once, values once each."""
    order = sorted(range(len(table.names)), key=lambda index: table.names[index])
    names = [dump(table.names[index]) + b":" for index in order]
    codes = np.ascontiguousarray(table.codes[:, order]) if order else table.codes
    known: dict[int, bytes] = {}

    def text(row: int) -> bytes:
        pairs = []
        for name, code in zip(names, codes[row].tolist(), strict=True):
            if code:
                value = known.get(code)
                if value is None:
                    value = known[code] = dump(table.symbols.text(code))
                pairs.append(name + value)
        return b"{" + b",".join(pairs) + b"}"

    return text


def _vector(result: QueryResult, count: int) -> Iterator[bytes]:
    labels = label_texts(result.labels)
    when = time_text(int(result.times_ms[0])).encode()
    head = b',"value":[' + when + b',"'
    values = value_texts(result.values[:count, 0])
    histograms = result.histograms
    for row in range(count):
        if histograms is not None and histograms[row, 0] is not None:
            shown = dump(histogram_json(histograms[row, 0]))
            yield b'{"metric":' + labels(row) + b',"histogram":[' + when + b"," + shown + b"]}"
        else:
            yield b'{"metric":' + labels(row) + head + values[row].encode() + b'"]}'


def _matrix(result: QueryResult, count: int) -> Iterator[bytes]:
    labels = label_texts(result.labels)
    rows = RowWriter(result.times_ms)
    histograms: Any = result.histograms
    times = time_texts(result.times_ms) if histograms is not None else []
    size = max(1, _BLOCK_CELLS // max(1, len(result.times_ms)))
    for start in range(0, count, size):
        stop = min(start + size, count)
        values, present = result.values[start:stop], result.present[start:stop]
        complete: Any = present.all(axis=1)
        whole = all_whole(values).tolist()
        for row in range(start, stop):
            head = b'{"metric":' + labels(row)
            if histograms is not None and _any_histogram(histograms, row):
                yield head + _mixed(result, row, times)
                continue
            line = values[row - start]
            columns = None if complete[row - start] else np.flatnonzero(present[row - start])
            yield head + rows.text(line, columns, whole=whole[row - start])


class RowWriter:
    """The samples of one series after the other, all at the same times."""

    def __init__(self, times_ms: NDArray[np.int64]) -> None:
        between = time_line(times_ms).replace(b",", b',"\n"],[')
        self._starts = (b'"],[' + between + b',"').split(b"\n") if len(times_ms) else []
        # Values go to the odd places; what stands between them is the same for every series.
        self._line = [b""] * (2 * len(times_ms) + 1)
        self._line[0::2] = [*self._starts, _ROW_END]

    def text(self, values: NDArray[np.float64], columns: NDArray[np.int64] | None, *, whole: bool) -> bytes:
        """`,"values":[...]}`. `columns`: where there is a value, None for everywhere; `whole`: as `all_whole` says."""
        if columns is None:
            line = self._line
        else:
            values = values[columns]
            line = [_ROW_END] * (2 * len(columns) + 1)
            line[0:-1:2] = [self._starts[column] for column in columns.tolist()]
        if not len(values):
            return b',"values":[]}'
        line[1::2] = whole_bytes(values.astype(np.int64)) if whole else value_bytes(values)
        return b',"values":[' + b"".join(line)[3:]


def _any_histogram(histograms: Any, row: int) -> bool:
    return any(item is not None for item in histograms[row])


def _mixed(result: QueryResult, row: int, times: Sequence[str]) -> bytes:
    """The samples of a series of which some or all are histograms."""
    assert result.histograms is not None
    present = np.flatnonzero(result.present[row]).tolist()
    items = result.histograms[row]
    floats = [(times[column], float(result.values[row, column])) for column in present if items[column] is None]
    shown = [(times[column], items[column]) for column in present if items[column] is not None]
    return _samples(floats, shown) + b"}"


def _samples(floats: list[tuple[str, float]], histograms: list[tuple[str, Any]]) -> bytes:
    out = b""
    if floats:
        out += b',"values":[' + ",".join([f'[{when},"{value_text(value)}"]' for when, value in floats]).encode() + b"]"
    if histograms:
        rows = [b"[" + when.encode() + b"," + dump(histogram_json(item)) + b"]" for when, item in histograms]
        out += b',"histograms":[' + b",".join(rows) + b"]"
    return out


def _raw_series(part: FlatPart, table: LabelTable, limit: int) -> Iterator[bytes]:
    """Samples as they are stored, of an instant query for a range."""
    labels = label_texts(table)
    offsets = part.offsets.tolist()
    for index, row in enumerate(part.rows.tolist()[: limit or None]):
        low, high = offsets[index], offsets[index + 1]
        times = time_texts(part.timestamps[low:high])
        items = part.histograms[low:high] if part.histograms is not None else None
        if items is not None and any(item is not None for item in items):
            floats = [
                (when, float(value))
                for when, value, item in zip(times, part.values[low:high], items, strict=True)
                if item is None
            ]
            shown = [(when, item) for when, item in zip(times, items, strict=True) if item is not None]
            yield b'{"metric":' + labels(row) + _samples(floats, shown) + b"}"
        else:
            pairs = ",".join(
                [f'[{when},"{v}"]' for when, v in zip(times, value_texts(part.values[low:high]), strict=True)]
            )
            yield b'{"metric":' + labels(row) + b',"values":[' + pairs.encode() + b"]}"
