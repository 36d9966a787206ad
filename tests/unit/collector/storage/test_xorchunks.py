"""The decoder against an encoder written from the format's description."""

import math
import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.storage.xorchunks import decode_xor


class BitWriter:
    def __init__(self) -> None:
        self.bits: list[str] = []

    def put(self, value: int, width: int) -> None:
        self.bits.append(format(value & ((1 << width) - 1), f"0{width}b"))

    def uvarint(self, value: int) -> None:
        value &= (1 << 64) - 1
        while value >= 0x80:
            self.put(value & 0x7F | 0x80, 8)
            value >>= 7
        self.put(value, 8)

    def bytes(self) -> bytes:
        text = "".join(self.bits)
        text += "0" * (-len(text) % 8)
        return bytes(int(text[place : place + 8], 2) for place in range(0, len(text), 8))


def raw(value: float) -> int:
    return int.from_bytes(struct.pack(">d", value), "big")


def encode(times: list[int], values: list[float]) -> bytes:
    out, leading, trailing = BitWriter(), 99, 0
    for number, (time, value) in enumerate(zip(times, values, strict=True)):
        if number == 0:
            out.uvarint(time << 1 ^ time >> 63)
            out.put(raw(value), 64)
            continue
        delta = time - times[number - 1]
        if number == 1:
            out.uvarint(delta)
        else:
            second = delta - (times[number - 1] - times[number - 2])
            for prefix, length, size in ((0b0, 1, 0), (0b10, 2, 14), (0b110, 3, 17), (0b1110, 4, 20), (0b1111, 4, 64)):
                if size == 64 or (second == 0 if size == 0 else -(1 << size - 1) < second <= 1 << size - 1):
                    out.put(prefix, length)
                    if size:
                        out.put(second, size)
                    break
        mixed = raw(value) ^ raw(values[number - 1])
        if mixed == 0:
            out.put(0, 1)
            continue
        out.put(1, 1)
        head, tail = min(64 - mixed.bit_length(), 31), (mixed & -mixed).bit_length() - 1
        if leading != 99 and head >= leading and tail >= trailing:
            out.put(0, 1)
        else:
            leading, trailing = head, tail
            out.put(1, 1)
            out.put(leading, 5)
            out.put(64 - leading - trailing, 6)
        out.put(mixed >> trailing, 64 - leading - trailing)
    return struct.pack(">H", len(times)) + out.bytes()


VALUES = st.one_of(st.integers(-1000, 1000).map(float), st.floats())
CHUNKS = st.lists(
    st.tuples(
        st.integers(-(10**13), 10**13),
        st.lists(
            st.tuples(st.sampled_from([1, 15_000, 15_001, 9_000, 80_000, 700_000, 10**10]), VALUES),
            min_size=1,
            max_size=20,
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(CHUNKS)
def test_chunks_come_back(chunks: list[tuple[int, list[tuple[int, float]]]]) -> None:
    blobs, expected = [], []
    for start, steps in chunks:
        times = [start + sum(step for step, _ in steps[:number]) for number in range(len(steps))]
        values = [value for _, value in steps]
        blobs.append(encode(times, values))
        expected.extend(zip(times, values, strict=True))
    starts = np.cumsum([0, *map(len, blobs)])[:-1]
    counts, times, values = decode_xor(b"".join(blobs), starts)
    assert counts.tolist() == [len(steps) for _, steps in chunks]
    for (time, value), got_time, got in zip(expected, times.tolist(), values.tolist(), strict=True):
        assert got_time == time
        assert got == value or (math.isnan(got) and math.isnan(value))
