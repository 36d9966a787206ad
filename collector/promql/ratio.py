"""The hash that `limit_ratio` samples by: xxHash64 of the labels, so that the same series are chosen on every server.

Source: the xxHash specification (XXH64, seed 0).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.symbols import LabelTable

_P1: Final = 0x9E3779B185EBCA87
_P2: Final = 0xC2B2AE3D27D4EB4F
_P3: Final = 0x165667B19E3779F9
_P4: Final = 0x85EBCA77C2B2AE63
_P5: Final = 0x27D4EB2F165667C5
_MASK: Final = 2**64 - 1


def sample_offsets(labels: LabelTable) -> NDArray[np.float64]:
    """A number in [0, 1] for each series."""
    rows = (labels.labels(row) for row in range(len(labels)))
    return np.array([xxhash64(_encoded(row)) / _MASK for row in rows], np.float64)


def _encoded(labels: dict[str, str]) -> bytes:
    """Names and values, each behind its length, as Prometheus keeps label sets in memory."""
    return b"".join(_size(text) + text for pair in labels.items() for text in (part.encode() for part in pair))


def _size(text: bytes) -> bytes:
    length = len(text)
    return bytes([length]) if length < 255 else bytes([255, *length.to_bytes(3, "little")])


def xxhash64(data: bytes) -> int:
    """XXH64 with seed 0."""
    length = len(data)
    position = 0
    if length >= 32:
        lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
        while position + 32 <= length:
            for lane in range(4):
                word = int.from_bytes(data[position + 8 * lane : position + 8 * lane + 8], "little")
                lanes[lane] = _round(lanes[lane], word)
            position += 32
        value = sum(_rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
        for lane in lanes:
            value = ((value ^ _round(0, lane)) * _P1 + _P4) & _MASK
    else:
        value = _P5
    return _finish((value + length) & _MASK, data[position:])


def _finish(value: int, rest: bytes) -> int:
    while len(rest) >= 8:
        value ^= _round(0, int.from_bytes(rest[:8], "little"))
        value = (_rotate(value, 27) * _P1 + _P4) & _MASK
        rest = rest[8:]
    if len(rest) >= 4:
        value ^= (int.from_bytes(rest[:4], "little") * _P1) & _MASK
        value = (_rotate(value, 23) * _P2 + _P3) & _MASK
        rest = rest[4:]
    for byte in rest:
        value ^= (byte * _P5) & _MASK
        value = (_rotate(value, 11) * _P1) & _MASK
    value = ((value ^ (value >> 33)) * _P2) & _MASK
    value = ((value ^ (value >> 29)) * _P3) & _MASK
    return value ^ (value >> 32)


def _round(lane: int, word: int) -> int:
    return (_rotate((lane + word * _P2) & _MASK, 31) * _P1) & _MASK


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _MASK
