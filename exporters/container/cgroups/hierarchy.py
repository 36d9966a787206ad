"""The cgroup file system: version 2, version 1, or both side by side (hybrid).

v2: one tree at the root. v1: one tree a controller, `<root>/<controller>`, where co-mounted ones share a folder (`cpu,cpuacct`). Hybrid:
v1 with a v2 tree at `<root>/unified` that has no or few controllers but the core files (`cpu.stat`, `*.pressure`).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from exporters.files import read_text, try_attribute

# v1 controllers in whose trees groups are looked for; a container is in all of them, a service may be in few.
_WALKED: Final = ("memory", "cpuacct", "cpu")


@dataclass(frozen=True, slots=True)
class Cgroup:
    """One group. `id` is its path below the root, `/` for the root itself."""

    id: str
    version: int
    hierarchy: "Hierarchy"

    def path(self, controller: str, file: str) -> str:
        """A file of the group in a controller's tree (of the one tree in v2)."""
        folder = self.hierarchy.folder(controller)
        return f"{folder}/{file}" if self.id == "/" else f"{folder}{self.id}/{file}"

    def unified(self, file: str) -> str | None:
        """A file of the group in the v2 tree, when there is one."""
        folder = self.hierarchy.unified
        if folder is None:
            return None
        return f"{folder}/{file}" if self.id == "/" else f"{folder}{self.id}/{file}"

    def text(self, controller: str, file: str) -> str | None:
        """A short value, or None when this kernel or controller has no such file."""
        return try_attribute(self.path(controller, file))

    def number(self, controller: str, file: str) -> int | None:
        """A whole number; None when absent or when the file says `max` (no limit)."""
        text = self.text(controller, file)
        return int(text) if text is not None and text.lstrip("-").isdigit() else None

    def table(self, controller: str, file: str) -> dict[str, int]:
        """A file of `key value` lines; empty when absent."""
        return parse_table(self.content(controller, file))

    def content(self, controller: str, file: str) -> str:
        """A longer file; empty when absent."""
        try:
            return read_text(self.path(controller, file))
        except OSError:
            return ""

    def pids(self) -> list[str]:
        """The processes in the group itself."""
        return self.content("memory", "cgroup.procs").split() or self.content("cpu", "cgroup.procs").split()

    def created(self) -> float | None:
        """When the group was made. The folder's own time moves with sub-groups, that of an untouched file does not."""
        times = []
        file = "cgroup.events" if self.version == 2 else "cgroup.clone_children"
        for path in (self.path("memory", file), self.path("memory", "")):
            try:
                times.append(os.stat(path).st_mtime)
            except OSError:
                continue
        return min(times, default=None)


class Hierarchy:
    """The mounted trees below `root`."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/") or "/"
        self.version = 2 if os.path.exists(f"{self.root}/cgroup.controllers") else 1
        hybrid = f"{self.root}/unified"
        has_hybrid = self.version == 1 and os.path.exists(f"{hybrid}/cgroup.controllers")
        self.unified: str | None = self.root if self.version == 2 else (hybrid if has_hybrid else None)
        self._folders: dict[str, str] = {} if self.version == 2 else _controller_folders(self.root)

    def folder(self, controller: str) -> str:
        """The folder of a controller's tree."""
        return self.root if self.version == 2 else self._folders.get(controller, f"{self.root}/{controller}")

    def groups(self, leaf: Callable[[str], bool]) -> Iterator[Cgroup]:
        """All groups, the root first. What lies below a group for which `leaf` is true is left alone."""
        trees = [self.root] if self.version == 2 else [self.folder(name) for name in _WALKED]
        seen: set[str] = set()
        for tree in dict.fromkeys(os.path.realpath(tree) for tree in trees):
            for path in _walk(tree, leaf):
                if path not in seen:
                    seen.add(path)
                    yield Cgroup(path, self.version, self)


def parse_table(text: str) -> dict[str, int]:
    """`key value` lines as a dictionary; lines of another shape are left out."""
    out: dict[str, int] = {}
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if value.isdigit():
            out[key] = int(value)
    return out


def _walk(tree: str, leaf: Callable[[str], bool]) -> Iterator[str]:
    """Paths below a tree, depth first. The link count of a cgroup folder tells whether it has sub-groups, without listing it."""
    stack = ["/"]
    while stack:
        path = stack.pop()
        folder = tree if path == "/" else tree + path
        try:
            links = os.stat(folder).st_nlink
        except FileNotFoundError:
            continue
        yield path
        if links == 2 or (path != "/" and leaf(path)):
            continue
        try:
            with os.scandir(folder) as found:
                names = sorted(entry.name for entry in found if entry.is_dir(follow_symlinks=False))
        except OSError:
            continue
        base = "" if path == "/" else path
        stack += [f"{base}/{name}" for name in reversed(names)]


def _controller_folders(root: str) -> dict[str, str]:
    out: dict[str, str] = {}
    try:
        names = sorted(os.listdir(root))
    except OSError:
        return out
    for name in names:
        for controller in name.split(","):
            out.setdefault(controller.removeprefix("name="), f"{root}/{name}")
    return out
