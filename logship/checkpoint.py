"""What has been delivered, remembered over restarts.

`checkpoints.json` in the storage folder: `{"version": 1, "files": [{"path", "device", "inode", "head", "generation", "offset", "ahead", "cuts"}]}`. Replaced as
a whole through a rename, a moment after deliveries; losing the last moment only re-sends documents whose ids are the same. For that records must end where
they ended before: `cuts` are the offsets where one was let go because nothing more came in time, and they are saved before it is sent. `ahead` says which
output streams of a container are further than `offset`.
"""

import json
import logging
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from logship.held import Mark, Resume
from logship.identity import Identity

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _File:
    path: str
    offset: int
    ahead: dict[str, int] = field(default_factory=dict)
    cuts: set[int] = field(default_factory=set)

    def known(self) -> tuple[int, Resume | None]:
        return self.offset, Resume(dict(self.ahead), frozenset(self.cuts)) if self.ahead or self.cuts else None


Known = tuple[Identity, int, Resume | None]
"""Who a file was, how far it was delivered, and what to mind when reading on."""


class Checkpoints:
    """Offsets by identity. Any thread may set, one saves."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoints.json"
        self._lock = threading.Lock()
        self._files: dict[Identity, _File] = {}
        self._dirty = False

    def load(self) -> None:
        """Read the file. A damaged one is set aside, loudly: everything would be sent again, under the same ids."""
        try:
            data = json.loads(self._path.read_text())
            files: list[dict[str, Any]] = data["files"]
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError) as error:
            self._path.rename(self._path.with_suffix(".damaged"))
            logger.error(
                "Checkpoints damaged, starting without them", extra={"file": str(self._path), "reason": str(error)}
            )
            return
        for entry in files:
            identity = Identity(entry["device"], entry["inode"], entry["head"], entry.get("generation", 0))
            self._files[identity] = _File(
                entry["path"], entry["offset"], entry.get("ahead", {}), set(entry.get("cuts", ()))
            )

    def known(self, device: int, inode: int, head: str) -> Known | None:
        """The newest generation of a file."""
        with self._lock:
            return self._newest([i for i in self._files if (i.device, i.inode, i.head) == (device, inode, head)])

    def by_head(self, head: str, paths: set[str], taken: set[Identity]) -> Known | None:
        """A file that had this first line under one of these names, whatever its inode: what a copy goes on from."""
        with self._lock:
            return self._newest(
                [i for i, file in self._files.items() if i.head == head and file.path in paths and i not in taken]
            )

    def _newest(self, found: list[Identity]) -> Known | None:
        newest = max(found, key=lambda identity: identity.generation, default=None)
        return (newest, *self._files[newest].known()) if newest else None

    def set(self, identity: Identity, path: str, mark: Mark) -> None:
        """A file is done up to there."""
        with self._lock:
            file = self._files.get(identity)
            if file is None:
                file = self._files[identity] = _File(path, -1)
            if (file.path, file.offset, file.ahead) != (path, *mark):
                file.path, file.offset, file.ahead = path, mark.offset, mark.ahead
                file.cuts = {cut for cut in file.cuts if cut > mark.offset}
                self._dirty = True

    def move(self, identity: Identity, path: str) -> None:
        """A file has another name now."""
        with self._lock:
            file = self._files.get(identity)
            if file is not None and file.path != path:
                file.path = path
                self._dirty = True

    def cut(self, identity: Identity, offset: int) -> None:
        """A record ends there, whatever may follow."""
        with self._lock:
            file = self._files.get(identity)
            if file is not None and offset > file.offset:
                file.cuts.add(offset)
                self._dirty = True

    def forget(self, identity: Identity) -> None:
        with self._lock:
            if self._files.pop(identity, None) is not None:
                self._dirty = True

    def save(self) -> None:
        """Write if something changed. Raises `OSError`; the next call tries again."""
        with self._lock:
            if not self._dirty:
                return
            files = [_entry(identity, file) for identity, file in self._files.items()]
            self._dirty = False
        try:
            self._write(files)
        except OSError:
            self._dirty = True
            raise

    def _write(self, files: list[dict[str, Any]]) -> None:
        fresh = self._path.with_suffix(".tmp")
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump({"version": 1, "files": files}, file)
            file.flush()
            os.fdatasync(file.fileno())
        os.replace(fresh, self._path)

    def __len__(self) -> int:
        return len(self._files)


def _entry(identity: Identity, file: _File) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "path": file.path, "device": identity.device, "inode": identity.inode, "head": identity.head,
        "generation": identity.generation, "offset": file.offset,
    }  # fmt: skip
    if file.ahead:
        entry["ahead"] = file.ahead
    if file.cuts:
        entry["cuts"] = sorted(file.cuts)
    return entry
