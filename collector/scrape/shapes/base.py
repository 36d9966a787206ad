"""The shape of a page: what two pages have in common when only their values differ.

It is, line by line, the bytes that must stay the same: the whole line when it holds no sample, else what stands
before the value (the *key*). What follows, newline included, is the *tail*. A new page has the same shape when it has as many lines
and every key is the same; then only tails are read. Everything else, also anything odd in a tail, is left to the full parser.

Kept of the keys are 64-bit hashes (the keyed SipHash of `bytes`), and a compressed copy for the day when the page looks different: 3 to 10
bytes a line instead of 100.
"""

from abc import ABC, abstractmethod
from typing import Any, Final

import cramjam
import numpy as np
from numpy.typing import NDArray

from collector.scrape.formats.lexing import identity
from collector.scrape.page import Geometry

_KINDS: Final = ("", "histogram", "summary")  # the types that have a say in what identifies a sample


class PageShape(ABC):
    """The shape of a page of S samples."""

    __slots__ = ("_keys", "_kinds")

    def __init__(self, body: Any, geometry: Geometry) -> None:
        self._kinds = np.array([_KINDS.index(kind) if kind in _KINDS else 0 for kind in geometry.kinds], np.uint8)
        marked = zip(bytes(body).split(b"\n"), geometry.key_lengths.tolist(), geometry.is_sample.tolist(), strict=False)
        keys = b"\n".join([line[:length] for line, length, is_sample in marked if is_sample])
        self._keys = bytes(cramjam.zstd.compress(keys, 1))

    def __len__(self) -> int:
        """How many samples."""
        return len(self._kinds)

    def keys(self) -> list[bytes]:
        """The keys of the samples as the parser gave them."""
        keys = bytes(cramjam.zstd.decompress(self._keys)).split(b"\n") if len(self) else []
        return [
            identity(key.rstrip(b" \t"), _KINDS[kind]) for key, kind in zip(keys, self._kinds.tolist(), strict=True)
        ]

    @abstractmethod
    def read(self, body: Any, values: NDArray[np.float64]) -> bool:
        """Bring `values` (float64[S], as the last call left them) up to a page of the same shape. False, and nothing is touched, when the
        shape differs or a tail is not just a number."""

    def forget_values(self) -> None:  # noqa: B027 - most remember nothing
        """The caller no longer has the values that were read last."""
