"""The fast path: a page that differs from the last one only in its values is compared and read as contiguous memory.

The shape of a page is, line by line, the bytes that must stay the same: the whole line when it holds no sample, else what stands
before the value (the *key*). What follows, newline included, is the *tail*. A new page has the same shape when it has as many lines
and every key is equal byte by byte; then only tails are read. Everything else, also anything odd in a tail, is left to the full parser.

Keys are compared through *windows*, overlapping pieces of a power-of-two size that cover a key: NumPy gathers items of any width at
5 ns each, so two windows a line cost 20 ns where a slice in Python costs 100. Tails are gathered into a matrix, turned into one JSON
array by a translation table, and read by orjson, at a fifth of what `float()` costs for each.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from collector.scrape.formats.lexing import identity
from collector.scrape.formats.numbers import parse_float
from collector.scrape.page import Geometry

_LARGEST_WINDOW: Final = 128
_LONGEST_TAIL: Final = 40
_NEWLINE: Final = 10
_PAD: Final = 0
_KINDS: Final = ("", "histogram", "summary")  # the types that have a say in what identifies a sample

# Tails to JSON: padding is blank, a newline separates, and whatever cannot stand in a number becomes a letter that JSON refuses.
_TO_JSON: Final = bytes(
    0x20 if code == _PAD else 0x2C if code == _NEWLINE else code if chr(code) in "0123456789+-.eE" else 0x78
    for code in range(256)
)
# _TAIL_MASK[n]: the first n bytes of a row, none behind them.
_TAIL_MASK: Final = np.where(np.arange(_LONGEST_TAIL) < np.arange(_LONGEST_TAIL + 1)[:, None], 255, 0).astype(np.uint8)
_ZERO: Final = np.frombuffer(b"0\n".ljust(_LONGEST_TAIL, b"\0"), np.uint8)


class _Windows:
    """All windows of one width: `lines` int32[M], `offsets` int32[M] into those lines, `content` as it was."""

    __slots__ = ("content", "lines", "offsets", "width")

    def __init__(self, width: int, lines: NDArray[np.int32], offsets: NDArray[np.int32]) -> None:
        self.width, self.lines, self.offsets = width, lines, offsets
        self.content = b""

    def gather(self, raw: NDArray[np.uint8], starts: NDArray[np.int64]) -> bytes:
        """The bytes under the windows, given where the lines begin."""
        places = starts[self.lines]
        places += self.offsets
        pieces: NDArray[Any] = np.ndarray((len(raw) - self.width + 1,), f"V{self.width}", raw.data, strides=(1,))
        return pieces[places].tobytes()


class PageShape:
    """The shape of a page of L lines with S samples."""

    __slots__ = ("_key_lengths", "_kinds", "_odd", "_sample_lines", "_windows")

    def __init__(self, body: Any, geometry: Geometry) -> None:
        raw = np.frombuffer(body, np.uint8)
        self._key_lengths = geometry.key_lengths
        self._sample_lines = np.flatnonzero(geometry.is_sample)
        self._kinds = np.array([_KINDS.index(kind) if kind in _KINDS else 0 for kind in geometry.kinds], np.uint8)
        self._odd: NDArray[np.int64] = np.empty(0, np.int64)
        self._windows = list(_cover(geometry.key_lengths))
        newlines = np.flatnonzero(raw == _NEWLINE)
        starts = _starts(newlines)
        for windows in self._windows:
            windows.content = windows.gather(raw, starts)

    def read(self, body: Any) -> NDArray[np.float64] | None:
        """The values float64[S] of a page of the same shape; None when the shape differs or a tail is not just a number."""
        raw = np.frombuffer(body, np.uint8)
        newlines = np.flatnonzero(raw == _NEWLINE)
        if len(newlines) != len(self._key_lengths) or len(newlines) == 0 or newlines[-1] != len(raw) - 1:
            return None
        starts = _starts(newlines)
        key_ends = starts + self._key_lengths
        # Where a line is too short for its key, or a line without a sample too long, the newline is not where the key has it: the
        # windows differ. Only reading behind the page must be ruled out first.
        if key_ends.max() > len(raw) or raw.min() == _PAD:
            return None
        for windows in self._windows:
            if windows.gather(raw, starts) != windows.content:
                return None
        newlines += 1
        newlines -= key_ends
        samples = self._sample_lines
        if len(samples) == len(starts):
            return self._read_tails(raw, key_ends, newlines)
        return self._read_tails(raw, key_ends[samples], newlines[samples])

    def keys(self) -> list[bytes]:
        """The keys of the samples as the parser gave them, put together again from the windows."""
        pieces: list[list[bytes]] = [[] for _ in range(len(self._key_lengths))]
        for windows in self._windows:
            content, width = windows.content, windows.width
            for number, (line, offset) in enumerate(zip(windows.lines.tolist(), windows.offsets.tolist(), strict=True)):
                known = sum(map(len, pieces[line]))
                pieces[line].append(content[number * width + known - offset : (number + 1) * width])
        keys = (b"".join(pieces[line]).rstrip(b" \t") for line in self._sample_lines.tolist())
        return [identity(key, _KINDS[kind]) for key, kind in zip(keys, self._kinds.tolist(), strict=True)]

    def _read_tails(
        self, raw: NDArray[np.uint8], begins: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        if len(begins) == 0:
            return np.empty(0)
        width = int(lengths.max())
        if width > _LONGEST_TAIL:
            return None
        tails = _gather_rows(raw, begins, width)
        tails &= _TAIL_MASK[:, :width][lengths]
        values = self._json_values(tails)
        if values is None:
            values = self._look_for_odd_ones(tails)
        return values

    def _json_values(self, tails: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        """All tails but the odd ones as one JSON array; the odd ones one by one."""
        odd = self._odd
        rows = tails
        if len(odd):
            rows = tails.copy()
            rows[odd] = _ZERO[: tails.shape[1]]
        text = rows.tobytes().translate(_TO_JSON).rstrip()
        try:
            values = np.array(orjson.loads(b"[" + text[:-1] + b"]"), np.float64)
        except orjson.JSONDecodeError:
            return None
        if len(values) != len(tails):
            return None
        if b"-0" in text:
            # JSON has integers and they have no negative zero.
            values[(tails[:, 0] == 0x2D) & (values == 0)] = -0.0
        if len(odd):
            return self._with_odd_values(values, tails)
        return values

    def _with_odd_values(self, values: NDArray[np.float64], tails: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        try:
            values[self._odd] = [_tail_value(tails[row]) for row in self._odd.tolist()]
        except ValueError:
            return None
        return values

    def _look_for_odd_ones(self, tails: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        """JSON knows no NaN, Inf, `.5`, `5.` or `+5`: remember which lines are like that and read them apart from now on."""
        odd = []
        for row, tail in enumerate(tails):
            text = tail.tobytes().translate(_TO_JSON).rstrip()[:-1]
            try:
                orjson.loads(text)
            except orjson.JSONDecodeError:
                odd.append(row)
        self._odd = np.array(odd, np.int64)
        return self._json_values(tails)


def _tail_value(tail: NDArray[np.uint8]) -> float:
    return parse_float(tail.tobytes().rstrip(b"\0")[:-1])


def _starts(newlines: NDArray[np.int64]) -> NDArray[np.int64]:
    starts = np.empty_like(newlines)
    starts[:1] = 0
    np.add(newlines[:-1], 1, out=starts[1:])
    return starts


def _gather_rows(raw: NDArray[np.uint8], begins: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """uint8[S, width]: what stands at `begins`, zeros behind the end of the page."""
    if int(begins[-1]) + width > len(raw):
        raw = np.concatenate([raw, np.zeros(width, np.uint8)])
    pieces: NDArray[Any] = np.ndarray((len(raw) - width + 1,), f"V{width}", raw.data, strides=(1,))
    rows: NDArray[np.uint8] = pieces[begins].view(np.uint8)
    return rows.reshape(-1, width)


def _cover(lengths: NDArray[np.int64]) -> Iterator[_Windows]:
    """Windows that cover keys of these lengths: for each key the largest power of two that fits, as often as needed, the last one flush
    with the end of the key."""
    width = _LARGEST_WINDOW
    upper = np.inf
    while width >= 1:
        lines = np.flatnonzero((lengths >= width) & (lengths < upper))
        if len(lines):
            counts = -(-lengths[lines] // width)
            line_of = np.repeat(lines, counts)
            number = np.arange(len(line_of)) - np.repeat(np.cumsum(counts) - counts, counts)
            offsets = np.minimum(number * width, lengths[line_of] - width)
            yield _Windows(width, line_of.astype(np.int32), offsets.astype(np.int32))
        upper, width = width, width // 2
