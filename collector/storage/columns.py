"""Arrays that grow at the end, one writer and many readers."""

import mmap
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

_FEW_WIDTHS: Final = 16  # lengths of pieces that are worth a loop
_MAP_FROM_BYTES: Final = 64 * 1024


def room(count: int, dtype: DTypeLike) -> NDArray[Any]:
    """An array without content. A large one comes straight from the system: what was never written takes no memory, and all of it is
    given back at the end; in the heap it would leave holes between what lives on."""
    kind = np.dtype(dtype)
    size = count * kind.itemsize
    if size < _MAP_FROM_BYTES:
        return np.empty(count, kind)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    pages.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(pages, kind)


class Column(Generic[Scalar]):
    """A NumPy array with amortised appends.

    A reader calls `view()`: it sees complete entries only, because the size is published after the data. Entries may be overwritten in
    place by the writer; a reader then sees the old or the new one.
    """

    __slots__ = ("_data", "_size")

    def __init__(self, dtype: DTypeLike, capacity: int = 16) -> None:
        self._data = room(capacity, dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        return int(self._data.nbytes)

    def view(self) -> NDArray[Any]:
        """The entries so far; not a copy."""
        size = self._size
        return self._data[:size]

    def append(self, value: Any) -> None:
        self._reserve(1)
        self._data[self._size] = value
        self._size += 1

    def extend(self, values: NDArray[Any]) -> None:
        count = len(values)
        self._reserve(count)
        self._data[self._size : self._size + count] = values
        self._size += count

    def fill_to(self, size: int, value: Any) -> None:
        """Append `value` until there are `size` entries."""
        missing = size - self._size
        if missing > 0:
            self._reserve(missing)
            self._data[self._size : size] = value
            self._size = size

    def _reserve(self, count: int) -> None:
        needed = self._size + count
        if needed > len(self._data):
            grown = room(max(needed, len(self._data) + (len(self._data) >> 1) + 16), self._data.dtype)
            grown[: self._size] = self._data[: self._size]
            self._data = grown


def ranges(starts: NDArray[Any], lengths: NDArray[Any]) -> NDArray[np.int64]:
    """All the indices `start, start + 1, ...` of many ranges, one after the other."""
    total = int(lengths.sum())
    if total == 0:
        return np.empty(0, np.int64)
    before = np.cumsum(lengths) - lengths
    return np.repeat(np.asarray(starts, np.int64) - before, lengths) + np.arange(total, dtype=np.int64)


def copy_pieces(
    source: NDArray[Any],
    first: NDArray[np.int64],
    target: NDArray[Any],
    place: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> None:
    """Copy `source[first[i]:first[i] + lengths[i]]` to `target[place[i]:]` for each i; the pieces of the target do not overlap."""
    if not len(lengths):
        return
    if len(lengths) == 1 or _adjoining(first, place, lengths):
        begin, at, total = int(first[0]), int(place[0]), int(lengths.sum())
        target[at : at + total] = source[begin : begin + total]
        return
    widths = np.unique(lengths)
    if len(widths) > _FEW_WIDTHS:
        target[ranges(place, lengths)] = source[ranges(first, lengths)]
        return
    for width in widths[widths > 0].tolist():
        # Pieces of one length: rows of strided views, copied without an index a sample.
        mine = slice(None) if len(widths) == 1 else np.flatnonzero(lengths == width)
        rows = np.lib.stride_tricks.sliding_window_view(target, width, writeable=True)
        rows[place[mine]] = np.lib.stride_tricks.sliding_window_view(source, width)[first[mine]]


def _adjoining(first: NDArray[np.int64], place: NDArray[np.int64], lengths: NDArray[np.int64]) -> bool:
    """Whether the pieces follow each other without a gap, in the source and in the target."""
    return bool((first[1:] - first[:-1] == lengths[:-1]).all() and (place[1:] - place[:-1] == lengths[:-1]).all())
