"""The shape of a large page, compared and read as contiguous memory, without an object a line.

Keys are compared through *windows*, overlapping pieces of a power-of-two size that cover a key: NumPy gathers items of any width at
5 ns each, so two windows a line cost 20 ns where a slice in Python costs 100. Tails are gathered into a matrix and compared with the last
ones; those that changed are turned into one JSON array by a translation table and read by orjson, at a fifth of what `float()` costs.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from collector.scrape.formats.numbers import parse_float
from collector.scrape.page import Geometry
from collector.scrape.shapes.base import PageShape

_LARGEST_WINDOW: Final = 128
_LONGEST_TAIL: Final = 40
_WORD: Final = 8  # tails are padded to whole words, so that they compare as numbers
_NEWLINE: Final = 10
_PAD: Final = 0

# Tails to JSON: padding is blank, a newline separates, and whatever cannot stand in a number becomes a letter that JSON refuses.
_TO_JSON: Final = bytes(
    0x20 if code == _PAD else 0x2C if code == _NEWLINE else code if chr(code) in "0123456789+-.eE" else 0x78
    for code in range(256)
)
# By width in words, by length of the tail: that many bytes, none behind them.
_TAIL_MASKS: Final = {
    words: np.where(np.arange(_WORD * words) < np.arange(_WORD * words + 1)[:, None], 0xFF, 0)
    .astype(np.uint8)
    .view(f"V{_WORD * words}")[:, 0]
    for words in range(1, _LONGEST_TAIL // _WORD + 1)
}
_ZERO: Final = np.frombuffer(b"0\n".ljust(_LONGEST_TAIL, b"\0"), np.uint64)


class _Windows:
    """All windows of one width: `lines` [M], `offsets` [M] into those lines; `digest` of what was under them."""

    __slots__ = ("digest", "lines", "offsets", "width")

    def __init__(self, width: int, lines: NDArray[Any], offsets: NDArray[Any]) -> None:
        self.width, self.lines, self.offsets = width, lines.astype(np.int32), _small(offsets)
        self.digest = 0

    def gather(self, raw: NDArray[np.uint8], starts: NDArray[np.int64]) -> bytes:
        """The bytes under the windows, given where the lines begin."""
        places = starts[self.lines]
        places += self.offsets
        pieces: NDArray[Any] = np.ndarray((len(raw) - self.width + 1,), f"V{self.width}", raw.data, strides=(1,))
        return pieces[places].tobytes()


class WindowedShape(PageShape):
    """The shape of a page of L lines with S samples."""

    __slots__ = ("_key_lengths", "_odd", "_sample_lines", "_tails", "_windows")

    def __init__(self, body: Any, geometry: Geometry) -> None:
        super().__init__(body, geometry)
        raw = np.frombuffer(body, np.uint8)
        self._key_lengths = _small(geometry.key_lengths)
        self._sample_lines = np.flatnonzero(geometry.is_sample).astype(np.int32)
        self._odd: NDArray[np.int64] = np.empty(0, np.int64)
        self._tails: NDArray[np.uint64] | None = None  # of the values that the caller keeps, when it does
        self._windows = list(_cover(geometry.key_lengths))
        starts = _starts(np.flatnonzero(raw == _NEWLINE))
        for windows in self._windows:
            windows.digest = hash(windows.gather(raw, starts))

    def forget_values(self) -> None:
        self._tails = None

    def read(self, body: Any, values: NDArray[np.float64]) -> bool:
        raw = np.frombuffer(body, np.uint8)
        newlines = np.flatnonzero(raw == _NEWLINE)
        if len(newlines) != len(self._key_lengths) or len(newlines) == 0 or newlines[-1] != len(raw) - 1:
            return False
        starts = _starts(newlines)
        key_ends = starts + self._key_lengths
        # Where a line is too short for its key, or a line without a sample too long, the newline is not where the key has it: the
        # windows differ. Only reading behind the page must be ruled out first.
        if key_ends.max() > len(raw):
            return False
        for windows in self._windows:
            if hash(windows.gather(raw, starts)) != windows.digest:
                return False
        newlines += 1
        newlines -= key_ends
        samples = self._sample_lines
        if len(samples) == len(starts):
            return self._read_tails(raw, key_ends, newlines, values)
        return self._read_tails(raw, key_ends[samples], newlines[samples], values)

    def _read_tails(
        self,
        raw: NDArray[np.uint8],
        begins: NDArray[np.int64],
        lengths: NDArray[np.int64],
        values: NDArray[np.float64],
    ) -> bool:
        if len(begins) == 0:
            return True
        words = -(-int(lengths.max()) // _WORD)
        if words not in _TAIL_MASKS:
            return False
        tails = _gather_rows(raw, begins, words)
        tails &= _TAIL_MASKS[words][lengths].view(np.uint64).reshape(-1, words)
        if np.count_nonzero(tails.view(np.uint8)) != int(lengths.sum()):
            return False  # NUL is padding, and no part of a number
        changed = self._changed(tails)
        fresh = tails if changed is None else tails[changed]
        found = self._json_values(fresh, changed)
        if found is None:
            self._look_for_odd_ones(fresh, changed)
            found = self._json_values(fresh, changed)
        if found is None:
            return False
        values[slice(None) if changed is None else changed] = found
        self._tails = tails
        return True

    def _changed(self, tails: NDArray[np.uint64]) -> NDArray[np.int64] | None:
        """Which tails are not as they were; None: all."""
        before = self._tails
        if before is None or before.shape != tails.shape:
            return None
        differs = tails != before
        changed = np.flatnonzero(differs[:, 0] if tails.shape[1] == 1 else differs.any(axis=1))
        return None if len(changed) == len(tails) else changed

    def _json_values(self, tails: NDArray[np.uint64], which: NDArray[np.int64] | None) -> NDArray[np.float64] | None:
        """These tails but the odd ones as one JSON array; the odd ones one by one. `which`: their numbers, None for all."""
        odd = self._odd if which is None or not len(self._odd) else np.flatnonzero(np.isin(which, self._odd))
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
        if b"-" in text:
            # JSON has integers and they have no negative zero.
            values[(tails.view(np.uint8)[:, 0] == 0x2D) & (values == 0)] = -0.0
        if len(odd):
            try:
                values[odd] = [_tail_value(tails[row]) for row in odd.tolist()]
            except ValueError:
                return None
        return values

    def _look_for_odd_ones(self, tails: NDArray[np.uint64], which: NDArray[np.int64] | None) -> None:
        """JSON knows no NaN, Inf, `.5`, `5.` or `+5`: remember which lines are like that and read them apart from now on."""
        odd = []
        for row, tail in enumerate(tails):
            text = tail.tobytes().translate(_TO_JSON).rstrip()[:-1]
            try:
                orjson.loads(text)
            except orjson.JSONDecodeError:
                odd.append(row)
        found = np.array(odd, np.int64)
        self._odd = np.union1d(self._odd, found if which is None else which[found])


def _tail_value(tail: NDArray[np.uint64]) -> float:
    return parse_float(tail.tobytes().rstrip(b"\0")[:-1])


def _starts(newlines: NDArray[np.int64]) -> NDArray[np.int64]:
    starts = np.empty_like(newlines)
    starts[:1] = 0
    np.add(newlines[:-1], 1, out=starts[1:])
    return starts


def _gather_rows(raw: NDArray[np.uint8], begins: NDArray[np.int64], words: int) -> NDArray[np.uint64]:
    """uint64[S, words]: what stands at `begins`, zeros behind the end of the page."""
    width = _WORD * words
    if int(begins[-1]) + width > len(raw):
        raw = np.concatenate([raw, np.zeros(width, np.uint8)])
    pieces: NDArray[Any] = np.ndarray((len(raw) - width + 1,), f"V{width}", raw.data, strides=(1,))
    rows: NDArray[np.uint64] = pieces[begins].view(np.uint64)
    return rows.reshape(-1, words)


def _small(numbers: NDArray[Any]) -> NDArray[Any]:
    """Numbers from 0 in as few bytes as will do."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


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
            yield _Windows(width, line_of, offsets)
        upper, width = width, width // 2
