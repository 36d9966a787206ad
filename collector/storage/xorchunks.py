"""Decodes Prometheus's XOR chunks, many at once: one NumPy step per sample number instead of one Python step per sample.

A chunk is u16 count (big endian), then a bit stream: first time as varint and first value as 64 bits, second time as the difference (uvarint),
further ones as difference of differences (0, or 14, 17, 20, 64 bits behind a prefix); values as XOR with the one before (0; or the bits inside
the last window; or a new window of 5 bits of leading zeros and 6 bits of length). Source: tsdb/docs/format/chunks.md of Prometheus.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.interface import Timestamps, Values

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]
_ONE: Final = np.uint64(1)
_PADDING: Final = 24


class _Bits:
    """A cursor of its own for each of K bit streams in one buffer."""

    def __init__(self, data: bytes, starts: I64) -> None:
        raw = np.frombuffer(data + b"\0" * _PADDING, np.uint8)
        self._words = np.lib.stride_tricks.as_strided(raw[:8].view(">u8"), (len(raw) - 8,), (1,))
        self._bytes = raw
        self.position = starts * 8

    def peek(self, who: I64) -> U64:
        """The next 64 bits of some streams."""
        position = self.position[who]
        byte, shift = position >> 3, (position & 7).astype(np.uint64)
        high = self._words[byte].astype(np.uint64) << shift
        low = self._bytes[byte + 8].astype(np.uint64) >> (np.uint64(8) - shift)
        out: U64 = high | low
        return out

    def take(self, who: I64, count: I64) -> U64:
        """The next `count` (1 to 64) bits of some streams as numbers."""
        out: U64 = self.peek(who) >> (np.uint64(64) - count.astype(np.uint64))
        self.position[who] += count
        return out

    def flag(self, who: I64) -> NDArray[np.bool_]:
        """The next bit of some streams."""
        out = (self.peek(who) >> np.uint64(63)).astype(bool)
        self.position[who] += 1
        return out

    def uvarint(self, who: I64) -> U64:
        """A number in groups of 7 bits, lowest first."""
        out = np.zeros(len(who), np.uint64)
        open_ = np.arange(len(who))
        shift = 0
        while len(open_):
            byte = self.take(who[open_], np.full(len(open_), 8))
            out[open_] |= (byte & np.uint64(0x7F)) << np.uint64(shift)
            open_ = open_[byte >= 0x80]
            shift += 7
        return out


def decode_xor(data: bytes, starts: I64) -> tuple[I64, Timestamps, Values]:
    """Chunks beginning at these bytes: (counts[K], times, values), one chunk after the other."""
    raw = np.frombuffer(data, np.uint8)
    counts = (raw[starts].astype(np.int64) << 8) | raw[starts + 1]
    order = np.argsort(-counts, kind="stable")
    bits = _Bits(data, starts + 2)
    offsets = np.cumsum(counts) - counts
    times, values = np.empty(int(counts.sum()), np.int64), np.empty(int(counts.sum()), np.uint64)
    state = _State(len(starts))
    ordered = counts[order]
    for number in range(int(ordered[0]) if len(ordered) else 0):
        who = order[: int(np.searchsorted(-ordered, -number, "left"))]
        state.step(bits, who, number)
        place = offsets[who] + number
        times[place], values[place] = state.time[who], state.value[who]
    return counts, times, values.view(np.float64)


class _State:
    """Where each chunk's decoder stands."""

    def __init__(self, count: int) -> None:
        self.time = np.zeros(count, np.int64)
        self.delta = np.zeros(count, np.int64)
        self.value = np.zeros(count, np.uint64)
        self.leading = np.zeros(count, np.int64)
        self.length = np.zeros(count, np.int64)

    def step(self, bits: _Bits, who: I64, number: int) -> None:
        if number == 0:
            zigzag = bits.uvarint(who)
            self.time[who] = (zigzag >> _ONE).view(np.int64) ^ -(zigzag & _ONE).view(np.int64)
            self.value[who] = bits.take(who, np.full(len(who), 64))
            return
        if number == 1:
            self.delta[who] = bits.uvarint(who).view(np.int64)
        else:
            self.delta[who] += _second_difference(bits, who)
        self.time[who] += self.delta[who]
        self._value(bits, who)

    def _value(self, bits: _Bits, who: I64) -> None:
        changed = who[bits.flag(who)]
        if not len(changed):
            return
        fresh = changed[bits.flag(changed)]
        if len(fresh):
            self.leading[fresh] = bits.take(fresh, np.full(len(fresh), 5)).view(np.int64)
            length = bits.take(fresh, np.full(len(fresh), 6)).view(np.int64)
            self.length[fresh] = np.where(length == 0, 64, length)
        length = self.length[changed]
        trailing = (64 - self.leading[changed] - length).astype(np.uint64)
        self.value[changed] ^= bits.take(changed, length) << trailing


def _second_difference(bits: _Bits, who: I64) -> I64:
    out = np.zeros(len(who), np.int64)
    window = bits.peek(who)
    ones = np.zeros(len(who), np.int64)  # leading one bits, at most four
    for place in range(4):
        ones += (ones == place) & ((window >> np.uint64(63 - place)) & _ONE).astype(bool)
    bits.position[who] += np.minimum(ones + 1, 4)
    for prefix, size in ((1, 14), (2, 17), (3, 20), (4, 64)):
        mine = np.flatnonzero(ones == prefix)
        if len(mine):
            number = bits.take(who[mine], np.full(len(mine), size)).view(np.int64)
            out[mine] = number if size == 64 else np.where(number > 1 << (size - 1), number - (1 << size), number)
    return out
