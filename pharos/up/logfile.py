"""A part's output on disk: append, rotate by renaming, keep a few."""

from pathlib import Path
from typing import Final

ROTATE_AT_BYTES: Final = 10 * 1024 * 1024
KEEP: Final = 5


class RotatingLog:
    """Appends whole chunks to `path`; past 10 MB it becomes `path.1`, older ones move up, five are kept."""

    def __init__(self, path: Path, *, rotate_at: int = ROTATE_AT_BYTES, keep: int = KEEP) -> None:
        self._path, self._rotate_at, self._keep = path, rotate_at, keep
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._size = path.stat().st_size

    def write(self, chunk: bytes) -> None:
        """Append `chunk`; rotation happens only at the end of a line."""
        self._file.write(chunk)
        self._size += len(chunk)
        if self._size >= self._rotate_at and chunk.endswith(b"\n"):
            self._rotate()

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._keep - 1, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            if older.exists():
                older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._file = self._path.open("ab", buffering=0)
        self._size = 0
