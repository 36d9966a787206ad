"""Which document ids a generation may hold, so that a new id costs no search.

A compressed bitmap (roaring) of the CRC-32 of every id: about 3 bytes an id, answers for a whole batch in one intersection. "No" is certain; "maybe" (one in
400 at 10 million ids) is looked up in the index. Saved now and then; the rows written since are read again at start.

File `ids.map`: magic "PLI1", 4 bytes CRC-32 of the rest, 8 bytes the number of rows covered (little endian), then the bitmap in the portable roaring format.
A damaged file is made anew from the rows.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from zlib import crc32

from pyroaring import BitMap

logger = logging.getLogger(__name__)

MAGIC: Final = b"PLI1"


class KnownIds:
    """The ids of one generation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map = BitMap()
        self.rows = 0
        """Rows covered."""
        self._saved = 0
        if path.exists():
            self._load(path.read_bytes())

    def _load(self, data: bytes) -> None:
        if data[:4] != MAGIC or crc32(data[8:]) != int.from_bytes(data[4:8], "little"):
            logger.warning("Known ids are read from the rows again", extra={"file": str(self._path)})
            return
        self.rows = self._saved = int.from_bytes(data[8:16], "little")
        self._map = BitMap.deserialize(data[16:])

    def suspects(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that may be known."""
        keys = [(crc32(doc_id.encode()), doc_id) for doc_id in ids]
        hits = self._map & BitMap([key for key, _ in keys])
        return {doc_id for key, doc_id in keys if key in hits} if hits else set()

    def may_hold(self, doc_id: str) -> bool:
        return crc32(doc_id.encode()) in self._map

    def add(self, ids: Iterable[str], end_row: int) -> None:
        self._map.update(crc32(doc_id.encode()) for doc_id in ids)
        self.rows = end_row

    @property
    def unsaved(self) -> int:
        return self.rows - self._saved

    def save(self) -> None:
        self._map.run_optimize()
        fresh = self._path.with_suffix(".tmp")
        with open(fresh, "wb") as file:
            data = self.rows.to_bytes(8, "little") + self._map.serialize()
            file.write(MAGIC + crc32(data).to_bytes(4, "little") + data)
            file.flush()
            os.fdatasync(file.fileno())
        os.replace(fresh, self._path)
        self._saved = self.rows
