"""Which files there are: patterns with `*`, `?` and `**`, looked at twice a second without listing folders that did not change."""

import fnmatch
import os
import stat as stat_bits
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SETTLED_NS: Final = 1_000_000_000
"""A folder's time of change is coarse: a listing counts as final only when the folder had been quiet this long."""
IGNORED: Final = (".gz", ".tmp", ".bz2", ".xz", ".zst", ".swp")


@dataclass(frozen=True, slots=True)
class Found:
    """A live file: its name as matched, its real name, and its rotated siblings, oldest first."""

    path: str
    real: str
    siblings: tuple[str, ...]


class Folders:
    """Listings, kept while a folder's time of change stays the same."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, list[str]]] = {}
        self._used: set[str] = set()

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; none when there is no such folder."""
        self._used.add(folder)
        try:
            changed = os.stat(folder).st_mtime_ns
            kept = self._kept.get(folder)
            if kept is not None and kept[0] == changed:
                return kept[1]
            names = sorted(os.listdir(folder))
        except OSError:
            self._kept.pop(folder, None)
            return []
        if time.time_ns() - changed > _SETTLED_NS:
            self._kept[folder] = (changed, names)
        else:
            self._kept.pop(folder, None)
        return names

    def sweep(self) -> None:
        """Forget folders nobody asked for since the last sweep."""
        for folder in set(self._kept) - self._used:
            del self._kept[folder]
        self._used.clear()


def matches(folders: Folders, pattern: str) -> Iterator[str]:
    """Paths that match a pattern."""
    parts = os.path.abspath(pattern).split("/")[1:]
    yield from _below(folders, "", parts)


def _below(folders: Folders, folder: str, parts: list[str]) -> Iterator[str]:
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from _below(folders, folder, rest) if rest else iter(())
        for name in folders.names(folder or "/"):
            inner = f"{folder}/{name}"
            if _is_folder(inner):
                yield from _below(folders, inner, parts)
        return
    if not any(char in head for char in "*?["):
        if rest:
            yield from _below(folders, f"{folder}/{head}", rest)
        elif os.path.exists(f"{folder}/{head}"):
            yield f"{folder}/{head}"
        return
    for name in folders.names(folder or "/"):
        if fnmatch.fnmatchcase(name, head) and not (name.startswith(".") and not head.startswith(".")):
            if rest:
                yield from _below(folders, f"{folder}/{name}", rest)
            else:
                yield f"{folder}/{name}"


def _is_folder(path: str) -> bool:
    try:
        return stat_bits.S_ISDIR(os.stat(path, follow_symlinks=False).st_mode)
    except OSError:
        return False


def discover(folders: Folders, patterns: tuple[str, ...], exclude: tuple[str, ...]) -> list[Found]:
    """The live files of an input, each once, with their siblings."""
    out: dict[str, Found] = {}
    for pattern in patterns:
        for path in matches(folders, pattern):
            if path.endswith(IGNORED) or any(fnmatch.fnmatchcase(path, glob) for glob in exclude):
                continue
            real = os.path.realpath(path)
            if real not in out:
                out[real] = Found(path, real, siblings(folders, real))
    return list(out.values())


def siblings(folders: Folders, real: str) -> tuple[str, ...]:
    """Rotated files beside a live one (`0.log.20260101-000000`, `app.log.1`, `app.log-20260101`), oldest first."""
    folder, _, base = real.rpartition("/")
    found = []
    for name in folders.names(folder or "/"):
        if len(name) > len(base) and name.startswith(base) and name[len(base)] in ".-" and not name.endswith(IGNORED):
            path = f"{folder}/{name}"
            try:
                info = os.stat(path)
            except OSError:
                continue
            if stat_bits.S_ISREG(info.st_mode):
                found.append((info.st_mtime_ns, path))
    return tuple(path for _, path in sorted(found))
