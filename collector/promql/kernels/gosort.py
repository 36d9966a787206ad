"""The order in which Go's `sort.Sort` leaves equal values: a pattern-defeating quicksort, the same on every run.

`sort`, `sort_desc`, `topk` and `bottomk` of an instant show it whenever values are equal. Values that all differ need none of this.
"""

from typing import Final

import numpy as np

from collector.promql.kernels.grouping import Floats, Index

_INSERTED: Final = 12  # so many are sorted by insertion
_NINTHER: Final = 50  # from so many on the middle of nine is the pivot
_FEW_STEPS, _WORTH_SHIFTING = 5, 50
_MOST: Final = 20_000  # beyond, a second of Python would not be worth the order of equal values


def sorted_places(keys: Floats) -> Index:
    """Where the keys stand once they ascend, NaN last."""
    if len(keys) > _MOST or (len(np.unique(keys)) == len(keys) and not np.isnan(keys).any()):
        return np.argsort(keys, kind="stable")
    items = _Items(keys.tolist())
    items.sort(0, len(keys), len(keys).bit_length())
    return np.array(items.places, np.int64)


class _Items:
    def __init__(self, keys: list[float]) -> None:
        self.keys = keys
        self.places = list(range(len(keys)))

    def less(self, i: int, j: int) -> bool:
        return self.keys[j] > self.keys[i] or self.keys[j] != self.keys[j]

    def swap(self, i: int, j: int) -> None:
        keys, places = self.keys, self.places
        keys[i], keys[j] = keys[j], keys[i]
        places[i], places[j] = places[j], places[i]

    def sort(self, low: int, high: int, limit: int) -> None:
        balanced = partitioned = True
        while high - low > _INSERTED:
            length = high - low
            if limit == 0:
                self._heap_sort(low, high)
                return
            if not balanced:
                self._shuffle(low, high)
                limit -= 1
            pivot, swaps = self._pivot(low, high)
            ascending = swaps == 0
            if swaps == _INSERTED:
                self._reverse(low, high)
                pivot = high - 1 - (pivot - low)
                balanced = partitioned = ascending = True
            if balanced and partitioned and ascending and self._nearly_sorted(low, high):
                return
            if low > 0 and not self.less(low - 1, pivot):
                low = self._split_equal(low, high, pivot)
                continue
            middle, partitioned = self._split(low, high, pivot)
            left, right = middle - low, high - middle
            balanced = min(left, right) >= length // 8
            if left < right:
                self.sort(low, middle, limit)
                low = middle + 1
            else:
                self.sort(middle + 1, high, limit)
                high = middle
        self._insert(low, high)

    def _insert(self, low: int, high: int) -> None:
        for end in range(low + 1, high):
            at = end
            while at > low and self.less(at, at - 1):
                self.swap(at, at - 1)
                at -= 1

    def _heap_sort(self, low: int, high: int) -> None:
        size = high - low
        for root in range((size - 1) // 2, -1, -1):
            self._sink(root, size, low)
        for last in range(size - 1, -1, -1):
            self.swap(low, low + last)
            self._sink(0, last, low)

    def _sink(self, root: int, size: int, first: int) -> None:
        while (child := 2 * root + 1) < size:
            if child + 1 < size and self.less(first + child, first + child + 1):
                child += 1
            if not self.less(first + root, first + child):
                return
            self.swap(first + root, first + child)
            root = child

    def _shuffle(self, low: int, high: int) -> None:
        """Swap three of the middle with others, chosen by a xorshift that begins with the length."""
        length = high - low
        random, mask = length, (1 << length.bit_length()) - 1
        middle = low + length // 4 * 2
        for step in range(3):
            random ^= random << 13 & 2**64 - 1
            random ^= random >> 7
            random ^= random << 17 & 2**64 - 1
            other = random & mask
            self.swap(middle - 1 + step, low + (other - length if other >= length else other))

    def _pivot(self, low: int, high: int) -> tuple[int, int]:
        """The place of the pivot, and how many of the comparisons found a descent: none, or all of twelve, say that it is sorted."""
        quarter = (high - low) // 4
        places = [low + quarter, low + quarter * 2, low + quarter * 3]
        self._descents = 0
        if high - low >= _NINTHER:
            places = [self._median(at - 1, at, at + 1) for at in places]
        return self._median(*places), self._descents

    def _median(self, a: int, b: int, c: int) -> int:
        a, b = self._ordered(a, b)
        b, c = self._ordered(b, c)
        return self._ordered(a, b)[1]

    def _ordered(self, a: int, b: int) -> tuple[int, int]:
        if self.less(b, a):
            self._descents += 1
            return b, a
        return a, b

    def _reverse(self, low: int, high: int) -> None:
        self.keys[low:high] = self.keys[low:high][::-1]
        self.places[low:high] = self.places[low:high][::-1]

    def _nearly_sorted(self, low: int, high: int) -> bool:
        """Whether a few shifts have sorted it."""
        at = low + 1
        for _ in range(_FEW_STEPS):
            while at < high and not self.less(at, at - 1):
                at += 1
            if at == high:
                return True
            if high - low < _WORTH_SHIFTING:
                return False
            self.swap(at, at - 1)
            if at - low >= 2:
                self._shift_down(at - 1)
            if high - at >= 2:
                self._shift_up(at + 1, high)
        return False

    def _shift_down(self, at: int) -> None:
        while at >= 1 and self.less(at, at - 1):
            self.swap(at, at - 1)
            at -= 1

    def _shift_up(self, at: int, high: int) -> None:
        while at < high and self.less(at, at - 1):
            self.swap(at, at - 1)
            at += 1

    def _split(self, low: int, high: int, pivot: int) -> tuple[int, bool]:
        """Less than the pivot to the left; where the pivot stands then, and whether it was so already."""
        self.swap(low, pivot)
        i, j = self._inwards(low, low + 1, high - 1)
        already = i > j
        while i <= j:
            self.swap(i, j)
            i, j = self._inwards(low, i + 1, j - 1)
        self.swap(j, low)
        return j, already

    def _inwards(self, pivot: int, i: int, j: int) -> tuple[int, int]:
        while i <= j and self.less(i, pivot):
            i += 1
        while i <= j and not self.less(j, pivot):
            j -= 1
        return i, j

    def _split_equal(self, low: int, high: int, pivot: int) -> int:
        """What equals the pivot to the left; where the rest begins."""
        self.swap(low, pivot)
        i, j = low + 1, high - 1
        while True:
            while i <= j and not self.less(low, i):
                i += 1
            while i <= j and self.less(low, j):
                j -= 1
            if i > j:
                return i
            self.swap(i, j)
            i, j = i + 1, j - 1
