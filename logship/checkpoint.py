"""What has been delivered, remembered over restarts.

`checkpoints.json` in the storage folder: `{"version": 1, "files": [{"path", "device", "inode", "head", "generation", "offset"}]}`. Replaced as
a whole through a rename, a moment after deliveries; losing the last moment only re-sends documents whose ids are the same.
"""

import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

from logship.identity import Identity

logger = logging.getLogger(__name__)


class Checkpoints:
    """Offsets by identity. Any thread may set, one saves."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoints.json"
        self._lock = threading.Lock()
        self._offsets: dict[Identity, int] = {}
        self._paths: dict[Identity, str] = {}
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
            self._offsets[identity], self._paths[identity] = entry["offset"], entry["path"]

    def known(self, device: int, inode: int, head: str) -> tuple[Identity, int] | None:
        """The newest generation of a file and its offset."""
        with self._lock:
            found = [i for i in self._offsets if (i.device, i.inode, i.head) == (device, inode, head)]
            newest = max(found, key=lambda identity: identity.generation, default=None)
            return (newest, self._offsets[newest]) if newest else None

    def by_head(self, head: str, paths: set[str], taken: set[Identity]) -> tuple[Identity, int] | None:
        """A file that had this first line under one of these names, whatever its inode: what a copy goes on from."""
        with self._lock:
            found = [i for i, path in self._paths.items() if i.head == head and path in paths and i not in taken]
            newest = max(found, key=lambda identity: identity.generation, default=None)
            return (newest, self._offsets[newest]) if newest else None

    def set(self, identity: Identity, path: str, offset: int) -> None:
        with self._lock:
            if self._offsets.get(identity) != offset or self._paths.get(identity) != path:
                self._offsets[identity], self._paths[identity] = offset, path
                self._dirty = True

    def forget(self, identity: Identity) -> None:
        with self._lock:
            if self._offsets.pop(identity, None) is not None:
                self._paths.pop(identity, None)
                self._dirty = True

    def save(self) -> None:
        """Write if something changed."""
        with self._lock:
            if not self._dirty:
                return
            self._dirty = False
            files = [
                {
                    "path": self._paths[i],
                    "device": i.device,
                    "inode": i.inode,
                    "head": i.head,
                    "generation": i.generation,
                    "offset": offset,
                }
                for i, offset in self._offsets.items()
            ]
        fresh = self._path.with_suffix(".tmp")
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump({"version": 1, "files": files}, file)
            file.flush()
            os.fdatasync(file.fileno())
        os.replace(fresh, self._path)

    def __len__(self) -> int:
        return len(self._offsets)
