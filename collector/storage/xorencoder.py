"""Encodes samples as Prometheus's XOR chunks, all chunks of many series at once. The format is told in `xorchunks.py`.

Every changed value gets a window of its own; encoders that reuse the window before it save some of these 11 bits, and readers cannot tell.
Each sample is up to five pieces of at most 64 bits: count of the chunk, time, value; their places in the stream are a running sum.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.interface import Timestamps, Values

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]
CHUNK_SAMPLES: Final = 120
TIME_LIMIT: Final = 1 << 54  # a time of the year 570,000 takes eight bytes; later ones are not encoded
_LEADING_MAX: Final = 31


def chunk_starts(offsets: I64) -> tuple[I64, I64]:
    """Where chunks of at most 120 samples begin, for series `i` with samples `offsets[i]:offsets[i + 1]`; and how many each series has."""
    lengths = np.diff(offsets)
    counts = -(-lengths // CHUNK_SAMPLES)
    number = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(offsets[:-1], counts) + number * CHUNK_SAMPLES, counts


def encode_xor(times: Timestamps, values: Values, starts: I64) -> list[bytes]:
    """Chunks that begin at these samples. Raises `ValueError` for times beyond `TIME_LIMIT`."""
    if not len(times):
        return []
    if max(abs(int(times.min())), abs(int(times.max()))) >= TIME_LIMIT:
        raise ValueError("a time is too large for a chunk")
    counts = np.diff(np.append(starts, len(times)))
    pieces = np.zeros((len(times), 5), np.uint64)
    sizes = np.zeros((len(times), 5), np.int64)
    pieces[starts, 0], sizes[starts, 0] = counts.astype(np.uint64), 16
    _put_times(pieces[:, 1:3], sizes[:, 1:3], times, starts, counts)
    _put_values(pieces[:, 3:], sizes[:, 3:], np.ascontiguousarray(values, np.float64).view(np.uint64), starts)
    return _pack(pieces, sizes, starts)


def _put_times(pieces: U64, sizes: I64, times: Timestamps, starts: I64, counts: I64) -> None:
    delta = np.diff(times, prepend=times[:1])
    second = starts[counts > 1] + 1
    change = np.diff(delta, prepend=delta[:1])
    pieces[:, 1] = change.view(np.uint64)
    for prefix, prefix_size, size in ((0b1111, 4, 64), (0b1110, 4, 20), (0b110, 3, 17), (0b10, 2, 14), (0, 1, 0)):
        low, high = (-(1 << (size - 1)) + 1, 1 << (size - 1)) if size else (0, 0)
        fits = np.ones(len(change), bool) if size == 64 else (change >= low) & (change <= high)
        pieces[fits, 0], sizes[fits, 0], sizes[fits, 1] = prefix, prefix_size, size
    zigzag = ((times[starts] << 1) ^ (times[starts] >> 63)).view(np.uint64)
    for rows, numbers in ((starts, zigzag), (second, delta[second].view(np.uint64))):
        pieces[rows, 0], sizes[rows, 0] = _uvarint(numbers)
        sizes[rows, 1] = 0


def _put_values(pieces: U64, sizes: I64, bits: U64, starts: I64) -> None:
    xor = bits ^ np.append(bits[:1], bits[:-1])
    changed = xor != 0
    smeared = xor.copy()
    for shift in (1, 2, 4, 8, 16, 32):
        smeared |= smeared >> np.uint64(shift)
    leading = np.minimum(64 - np.bitwise_count(smeared).astype(np.int64), _LEADING_MAX)
    trailing = np.bitwise_count((xor & -xor) - np.uint64(1)).astype(np.int64)
    length = 64 - leading - trailing
    pieces[:, 0] = np.where(changed, 0b11 << 11 | leading << 6 | length & 63, 0).astype(np.uint64)
    sizes[:, 0] = np.where(changed, 13, 1)
    pieces[:, 1] = np.where(changed, xor >> np.where(changed, trailing, 0).astype(np.uint64), np.uint64(0))
    sizes[:, 1] = np.where(changed, length, 0)
    pieces[starts, 0], sizes[starts, 0] = 0, 0
    pieces[starts, 1], sizes[starts, 1] = bits[starts], 64


def _uvarint(numbers: U64) -> tuple[U64, I64]:
    """Groups of 7 bits, lowest first, as one number of so many bits; for numbers below 2^56."""
    count = np.ones(len(numbers), np.int64)
    for place in range(1, 8):
        count += numbers >= np.uint64(1 << 7 * place)
    out = np.zeros(len(numbers), np.uint64)
    for place in range(8):
        inside = place < count
        group = (numbers >> np.uint64(7 * place)) & np.uint64(0x7F) | np.where(place < count - 1, 0x80, 0).astype(
            np.uint64
        )
        out |= np.where(inside, group << (np.maximum(count - 1 - place, 0) * 8).astype(np.uint64), np.uint64(0))
    return out, count * 8


def _pack(pieces: U64, sizes: I64, starts: I64) -> list[bytes]:
    """The pieces one after the other; each chunk begins at a byte."""
    ends = np.cumsum(sizes.ravel())
    before = (ends - sizes.ravel())[starts * sizes.shape[1]]  # bits before each chunk
    lengths = (np.diff(np.append(before, ends[-1])) + 7) >> 3
    begins = np.cumsum(lengths) - lengths
    shift = np.repeat(begins * 8 - before, np.diff(np.append(starts, len(sizes)))).repeat(sizes.shape[1])
    used = sizes.ravel() > 0
    size, piece = sizes.ravel()[used], pieces.ravel()[used]
    piece &= np.uint64(0xFFFFFFFFFFFFFFFF) >> (64 - size).astype(np.uint64)
    position = (ends - sizes.ravel() + shift)[used]
    words = np.zeros((int(begins[-1] + lengths[-1]) >> 3) + 2, np.uint64)
    word, room = (
        position >> 6,
        64 - (position & 63) - size,
    )  # room: bits left behind the piece; negative: it goes on in the next word
    high = np.where(
        room >= 0, piece << np.maximum(room, 0).astype(np.uint64), piece >> np.maximum(-room, 0).astype(np.uint64)
    )
    _add_up(words, word, high)
    over = room < 0
    if over.any():
        _add_up(words, word[over] + 1, piece[over] << (64 + room[over]).astype(np.uint64))
    data = words.astype(">u8").tobytes()
    return [data[begin : begin + length] for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True)]


def _add_up(words: U64, place: I64, parts: U64) -> None:
    """Parts of one word share no bit, and places ascend: their sum is the word."""
    first = np.flatnonzero(np.diff(place, prepend=-1))
    words[place[first]] += np.add.reduceat(parts, first)
