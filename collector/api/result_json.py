"""A query's answer as JSON text, piece by piece: the first series leave before the last are written."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from collector.api.envelope import dump, tail
from collector.api.histogram_json import histogram_json
from collector.api.numbers import time_text, time_texts, value_text, value_texts
from collector.api.sample_lines import Line, SampleLines
from collector.api.series_heads import SeriesHeads
from collector.promql.block import holds
from collector.promql.result import QueryResult
from collector.storage.interface import FlatPart
from collector.storage.symbols import LabelTable

_FIRST_BYTES: Final = 128 * 1024
# Pieces grow up to this: the first leaves soon, and many cost less than they would if small.
_PIECE_BYTES: Final = 1024 * 1024


def answer(
    result: QueryResult, stats: dict[str, Any] | None = None, warnings: Sequence[str] = (), limit: int = 0
) -> Iterator[bytes]:
    """The whole envelope in pieces of some 128 KiB to 1 MiB. `limit`: at most so many series, 0 for all."""
    yield from _gathered(_pieces(result, stats, warnings, limit))


def _gathered(pieces: Iterator[Line]) -> Iterator[bytes]:
    held: list[Line] = []
    size, enough = 0, _FIRST_BYTES
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= enough:
            yield b"".join(held)
            held, size, enough = [], 0, min(2 * enough, _PIECE_BYTES)
    yield b"".join(held)


def _pieces(result: QueryResult, stats: dict[str, Any] | None, warnings: Sequence[str], limit: int) -> Iterator[Line]:
    yield b'{"status":"success","data":{"resultType":"' + result.kind.encode() + b'","result":'
    if result.kind in ("scalar", "string"):
        yield _single(result)
    else:
        yield b"["
        yield from _series(result, limit)
        yield b"]"
    yield (b',"stats":' + dump(stats) if stats is not None else b"") + b"}"
    yield tail([*result.warnings, *warnings], result.infos)


def _single(result: QueryResult) -> bytes:
    when = time_text(int(result.times_ms[0])).encode()
    text = (
        dump(result.text) if result.kind == "string" else b'"' + value_text(float(result.values[0, 0])).encode() + b'"'
    )
    return b"[" + when + b"," + text + b"]"


def _series(result: QueryResult, limit: int) -> Iterator[Line]:
    count = min(len(result), limit) if limit else len(result)
    if result.raw is not None:
        return _raw_series(result.raw, result.labels, limit)
    return _vector(result, count) if result.kind == "vector" else _matrix(result, count)


def _vector(result: QueryResult, count: int) -> Iterator[bytes]:
    when = time_text(int(result.times_ms[0])).encode()
    before = b',"value":[' + when + b',"'
    values = value_texts(result.values[:count, 0])
    histograms = result.histograms
    for row, head in enumerate(SeriesHeads(result.labels).of(slice(0, count))):
        if histograms is not None and histograms[row, 0] is not None:
            shown = dump(histogram_json(histograms[row, 0]))
            yield head + b',"histogram":[' + when + b"," + shown + b"]}"
        else:
            yield head + before + values[row] + b'"]}'


def _matrix(result: QueryResult, count: int) -> Iterator[Line]:
    heads = SeriesHeads(result.labels)
    writer = SampleLines(result.times_ms)
    end = writer.END + b"]}"
    mixed = _with_histograms(result, count)
    times = time_texts(result.times_ms) if mixed else []
    for block in writer.blocks(count):
        lines = writer.lines(result.values[block], result.present[block])
        for row, (head, line) in enumerate(zip(heads.of(block), lines, strict=True), block.start):
            if row in mixed:
                yield head + _mixed(result, row, times)
                continue
            yield head + b',"values":['
            yield line
            yield end if line else b"]}"


def _with_histograms(result: QueryResult, count: int) -> frozenset[int]:
    """The series with a native histogram somewhere."""
    if result.histograms is None:
        return frozenset()
    return frozenset(np.flatnonzero(holds(result.histograms[:count]).any(axis=1)).tolist())


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


def _raw_series(part: FlatPart, table: LabelTable, limit: int) -> Iterator[Line]:
    """Samples as they are stored, of an instant query for a range; the part has the rows of the table in their order."""
    count = min(len(table), limit) if limit else len(table)
    heads = SeriesHeads(table)
    times, steps = np.unique(part.timestamps, return_inverse=True)
    writer = SampleLines(times)
    end = writer.END + b"]}"
    for block in writer.blocks(count, len(part.values) // max(1, len(table))):
        low, high = int(part.offsets[block.start]), int(part.offsets[block.stop])
        lines = writer.of(part.values[low:high], steps[low:high], part.offsets[block.start : block.stop + 1] - low)
        for row, (head, line) in enumerate(zip(heads.of(block), lines, strict=True), block.start):
            mine = slice(int(part.offsets[row]), int(part.offsets[row + 1]))
            if part.histograms is not None and holds(part.histograms[mine]).any():
                yield head + _raw_samples(part, mine) + b"}"
                continue
            yield head + b',"values":['
            yield line
            yield end if line else b"]}"


def _raw_samples(part: FlatPart, mine: slice) -> bytes:
    assert part.histograms is not None
    times, values, items = time_texts(part.timestamps[mine]), part.values[mine].tolist(), part.histograms[mine].tolist()
    floats = [(when, value) for when, value, item in zip(times, values, items, strict=True) if item is None]
    return _samples(floats, [(when, item) for when, item in zip(times, items, strict=True) if item is not None])
