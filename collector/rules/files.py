"""Rule files that are written by HTTP: a folder of them, and every version that was replaced or deleted.

<folder>/team-a.yml                            in use
<folder>/history/team-a.yml.20260102T030405.123Z   what it was before
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.ya?ml", re.ASCII)


@dataclass(frozen=True, slots=True)
class RuleFileInfo:
    """One file; `changed_s` in seconds since 1970, `versions`: how many older ones are kept."""

    name: str
    changed_s: float
    versions: int


class RuleFolder:
    """The files. Names are checked, so that no request leaves the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history = folder / "history"

    def paths(self) -> list[Path]:
        """All files in use, sorted."""
        return sorted(path for path in self.folder.glob("*") if _NAME.fullmatch(path.name) and path.is_file())

    def infos(self) -> list[RuleFileInfo]:
        return [RuleFileInfo(path.name, path.stat().st_mtime, len(self.versions(path.name))) for path in self.paths()]

    def versions(self, name: str) -> list[Path]:
        """Older versions, oldest first."""
        return sorted(self.history.glob(f"{name}.*Z"))

    def read(self, name: str) -> str:
        """Raises `FileNotFoundError` or `ValueError` for a name that no file may have."""
        return self._path(name).read_text()

    def write(self, name: str, text: str, now_s: float) -> None:
        """Replace or create a file; what it was is kept. Raises `OSError` or `ValueError`."""
        path = self._path(name)
        self.history.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{name}.new")
        with fresh.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        self._keep(path, now_s)
        fresh.replace(path)

    def delete(self, name: str, now_s: float) -> None:
        """Raises `FileNotFoundError` or `ValueError`."""
        path = self._path(name)
        if not path.exists():
            raise FileNotFoundError(name)
        self.history.mkdir(parents=True, exist_ok=True)
        self._keep(path, now_s)
        path.unlink()

    def _keep(self, path: Path, now_s: float) -> None:
        if path.exists():
            stamp = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
            (self.history / f"{path.name}.{stamp}Z").write_bytes(path.read_bytes())

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a rule file: letters, digits, dots and dashes, ending with .yml")
        return self.folder / name
