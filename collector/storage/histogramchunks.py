"""Native histograms of one series in a block.

u32 count | u32 sizes[count] | histograms as in histograms.py, the whole compressed with zstd. A histogram as long as the one before it is stored
XORed with it: layout, bounds and unchanged buckets become zeros.
"""

from typing import Any, Final

import cramjam
import numpy as np
from numpy.typing import NDArray

from collector.histogram import FloatHistogram
from collector.storage.histograms import decode_histogram, encode_histogram, objects

_LEVEL: Final = 5


def encode_histograms(values: NDArray[np.object_]) -> bytes:
    blobs = [encode_histogram(value) for value in values.tolist()]
    sizes = np.array([len(blob) for blob in blobs], "<u4")
    words = [np.frombuffer(blob, np.uint8) for blob in blobs]
    for place in range(len(words) - 1, 0, -1):
        if len(words[place]) == len(words[place - 1]):
            words[place] = words[place] ^ words[place - 1]
    raw = np.uint32(len(blobs)).tobytes() + sizes.tobytes() + b"".join(word.tobytes() for word in words)
    return bytes(cramjam.zstd.compress(raw, _LEVEL))


def decode_histograms(blob: bytes) -> NDArray[np.object_]:
    raw = bytes(cramjam.zstd.decompress(blob))
    count = int(np.frombuffer(raw, "<u4", 1)[0])
    sizes = np.frombuffer(raw, "<u4", count, 4).tolist()
    out: list[FloatHistogram] = []
    offset = 4 + 4 * count
    before: NDArray[Any] = np.empty(0, np.uint8)
    for size in sizes:
        word = np.frombuffer(raw, np.uint8, size, offset)
        if len(before) == size:
            word = word ^ before
        before = word
        offset += size
        out.append(decode_histogram(word.tobytes()))
    return objects(out)
