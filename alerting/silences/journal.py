"""The file of silences: an append-only log of JSON lines, each with a checksum, rewritten when it has grown.

    <crc32 of the rest of the line, 8 hex digits> <silence as the API gives it, without its status>\\n

A silence is acknowledged only after its line is on the disk (fsync), so `kill -9` and a power cut lose none. A line that is cut off or
damaged ends the reading: everything before it counts. Format: docs/formats/silences.md.
"""

import logging
import os
import zlib
from collections.abc import Iterable
from pathlib import Path

import orjson

from alerting.silences.silence import Silence, from_json, to_json

logger = logging.getLogger(__name__)
_REWRITE_BYTES = 1 << 20


class SilenceJournal:
    """Appends and reads; `path` and its folder are made when missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._restored = list(_read(path))
        self._file = path.open("ab")

    def restored(self) -> list[Silence]:
        """The last state of each silence."""
        return list({silence.id: silence for silence in self._restored}.values())

    def append(self, silences: Iterable[Silence]) -> None:
        """Keep; returns when it is on the disk. Raises `OSError`."""
        self._file.write(b"".join(_line(silence) for silence in silences))
        self._file.flush()
        os.fsync(self._file.fileno())

    def rewrite(self, silences: Iterable[Silence], *, force: bool = False) -> None:
        """Replace the log by one line for each silence, when it has grown or `force`d. A crash leaves the old or the new one."""
        if not force and self._file.tell() < _REWRITE_BYTES:
            return
        temporary = self._path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            file.writelines(_line(silence) for silence in silences)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        self._file.close()
        self._file = self._path.open("ab")

    def close(self) -> None:
        self._file.close()


def _line(silence: Silence) -> bytes:
    document = to_json(silence, silence.updated_at)
    del document["status"]
    text = orjson.dumps(document)
    return b"%08x " % zlib.crc32(text) + text + b"\n"


def _read(path: Path) -> Iterable[Silence]:
    if not path.exists():
        return
    good = 0
    data = path.read_bytes()
    for line in data.splitlines(keepends=True):
        checksum, _, text = line.rstrip(b"\n").partition(b" ")
        if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(text):
            logger.warning("The silence log ends early", extra={"path": path, "lost_bytes": len(data) - good})
            with path.open("r+b") as file:
                file.truncate(good)
            return
        good += len(line)
        yield from_json(orjson.loads(text))
