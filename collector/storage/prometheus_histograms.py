"""Decodes Prometheus's chunks of native histograms, with integer or float counts.

A chunk is u16 count (big endian) | u8 flags (bits 6-7: counter reset) | zero threshold | schema | spans | custom bounds | samples, one bit stream behind
the flags. Of a sample all numbers are differences of differences to the ones before (integers) or XORs with them (floats).
Source: tsdb/docs/format/chunks.md of Prometheus.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, CounterReset, FloatHistogram
from collector.storage.interface import STALE_BITS

ENCODING_HISTOGRAM: Final = 2
ENCODING_FLOAT_HISTOGRAM: Final = 3
_VARBIT_SIZES: Final = (0, 3, 6, 9, 12, 18, 25, 56, 64)  # by the number of leading one bits
_RESETS: Final = {
    0: CounterReset.UNKNOWN,
    1: CounterReset.NOT_RESET,
    2: CounterReset.RESET,
    3: CounterReset.GAUGE,
}
_BITS: Final = struct.Struct(">Q")
_DOUBLE: Final = struct.Struct(">d")

# A sample: its time, and the histogram; None is a staleness marker.
Sample = tuple[int, FloatHistogram | None]
Spans = tuple[tuple[int, int], ...]


class BitReader:
    """Numbers out of a bit stream. Raises `ValueError` at its end."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data, self._position = data, position * 8

    def bits(self, count: int) -> int:
        """The next `count` bits as a number."""
        if not count:
            return 0
        first, end = self._position >> 3, self._position + count
        last = (end + 7) >> 3
        if last > len(self._data):
            raise ValueError("a chunk of native histograms ends too early")
        self._position = end
        window = int.from_bytes(self._data[first:last], "big")
        return (window >> (8 * last - end)) & ((1 << count) - 1)

    def double(self) -> float:
        """64 bits as a float."""
        return float(_DOUBLE.unpack(_BITS.pack(self.bits(64)))[0])

    def unsigned(self) -> int:
        """A varbit number: as many one bits as its size class, a zero bit unless there are eight, and the number."""
        ones = 0
        while ones < 8 and self.bits(1):
            ones += 1
        return self.bits(_VARBIT_SIZES[ones])

    def signed(self) -> int:
        """As `unsigned`; the upper half of each size stands for negative numbers."""
        ones = 0
        while ones < 8 and self.bits(1):
            ones += 1
        size = _VARBIT_SIZES[ones]
        number = self.bits(size)
        above = number >= 1 << 63 if size == 64 else size > 0 and number > 1 << (size - 1)
        return number - (1 << size) if above else number


@dataclass(slots=True)
class _Difference:
    """An integer told by the difference of its differences."""

    value: int = 0
    delta: int = 0

    def step(self, reader: BitReader) -> None:
        self.delta += reader.signed()
        self.value += self.delta


@dataclass(slots=True)
class _Xor:
    """A float told by its XOR with the one before, within a window of bits that is told when it changes."""

    bits: int = 0
    leading: int = 0
    length: int = 0

    def step(self, reader: BitReader) -> None:
        if not reader.bits(1):
            return
        if reader.bits(1):
            self.leading = reader.bits(5)
            self.length = reader.bits(6) or 64
        self.bits ^= reader.bits(self.length) << (64 - self.leading - self.length)

    @property
    def value(self) -> float:
        return float(_DOUBLE.unpack(_BITS.pack(self.bits))[0])


@dataclass(frozen=True, slots=True)
class _Layout:
    """What all samples of a chunk share."""

    schema: int
    zero_threshold: float
    positive: Spans
    negative: Spans
    custom_values: tuple[float, ...] = field(default=())

    @property
    def buckets(self) -> int:
        return sum(length for _, length in (*self.positive, *self.negative))

    def histogram(
        self,
        count: float,
        zero_count: float,
        total: float,
        buckets: NDArray[np.float64],
        reset: CounterReset,
        whole: bool,
    ) -> FloatHistogram:
        split = sum(length for _, length in self.positive)
        return FloatHistogram(
            schema=self.schema,
            count=count,
            sum=total,
            zero_threshold=self.zero_threshold,
            zero_count=zero_count,
            positive_spans=self.positive,
            positive=buckets[:split],
            negative_spans=self.negative,
            negative=buckets[split:],
            custom_values=self.custom_values,
            counter_reset=reset,
            integer=whole,
        )


def decode_histogram_chunk(data: bytes, encoding: int) -> Iterator[Sample]:
    """The samples of one chunk. Raises `ValueError` when it is damaged."""
    count, flags = int.from_bytes(data[:2], "big"), data[2]
    reader = BitReader(data, 3)
    layout = _layout(reader)
    first = _RESETS[flags >> 6]
    rest = CounterReset.GAUGE if first is CounterReset.GAUGE else CounterReset.NOT_RESET
    decode = _integers if encoding == ENCODING_HISTOGRAM else _floats
    return decode(reader, layout, [first, *[rest] * (count - 1)][:count])


def _layout(reader: BitReader) -> _Layout:
    exponent = reader.bits(8)
    threshold = 0.0 if exponent == 0 else reader.double() if exponent == 255 else math.ldexp(0.5, exponent - 243)
    schema = reader.signed()
    positive, negative = _spans(reader), _spans(reader)
    bounds: tuple[float, ...] = ()
    if schema == CUSTOM_BUCKETS_SCHEMA:
        bounds = tuple(_bound(reader) for _ in range(reader.unsigned()))
    return _Layout(schema, threshold, positive, negative, bounds)


def _spans(reader: BitReader) -> Spans:
    pairs = [(reader.unsigned(), reader.signed()) for _ in range(reader.unsigned())]
    return tuple((offset, length) for length, offset in pairs)


def _bound(reader: BitReader) -> float:
    """Thousandths plus one, or a zero bit and a float."""
    thousandths = reader.unsigned()
    return (thousandths - 1) / 1000 if thousandths else reader.double()


def _integers(reader: BitReader, layout: _Layout, resets: list[CounterReset]) -> Iterator[Sample]:
    split = sum(length for _, length in layout.positive)
    for number, reset in enumerate(resets):
        if number == 0:
            time, count, zero_count = (
                _Difference(reader.signed()),
                _Difference(reader.unsigned()),
                _Difference(reader.unsigned()),
            )
            total = _Xor(reader.bits(64))
            buckets = [_Difference(reader.signed()) for _ in range(layout.buckets)]
        else:
            for one in (time, count, zero_count):
                one.step(reader)
            total.step(reader)
            if total.bits != STALE_BITS:
                for one in buckets:
                    one.step(reader)
        if total.bits == STALE_BITS:
            yield time.value, None
            continue
        steps = np.array([one.value for one in buckets], np.float64)
        counts = np.r_[np.cumsum(steps[:split]), np.cumsum(steps[split:])]
        yield time.value, layout.histogram(count.value, zero_count.value, total.value, counts, reset, True)


def _floats(reader: BitReader, layout: _Layout, resets: list[CounterReset]) -> Iterator[Sample]:
    for number, reset in enumerate(resets):
        if number == 0:
            time = _Difference(reader.signed())
            count, zero_count, total = _Xor(reader.bits(64)), _Xor(reader.bits(64)), _Xor(reader.bits(64))
            buckets = [_Xor(reader.bits(64)) for _ in range(layout.buckets)]
        else:
            time.step(reader)
            for one in (count, zero_count, total):
                one.step(reader)
            if total.bits != STALE_BITS:
                for one in buckets:
                    one.step(reader)
        if total.bits == STALE_BITS:
            yield time.value, None
            continue
        counts = np.array([one.value for one in buckets], np.float64)
        yield time.value, layout.histogram(count.value, zero_count.value, total.value, counts, reset, False)
