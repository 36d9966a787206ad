"""The one plug-in pattern of Pharos: a named registry of factories.

    collectors: Registry[Collector] = Registry("collector")

    @collectors.register("loadavg", default=True)
    def loadavg(roots: Roots) -> Iterator[Metric]: ...

Built-in plug-ins are listed explicitly by their package; plug-ins of other distributions are found through the entry-point
group `pharos.<kind>`, whose values are modules or callables that register themselves when loaded.
"""

import difflib
import glob
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Plugin(Generic[T]):
    """One registered plug-in: its name, what was registered, and whether it is on without being asked for."""

    name: str
    factory: T
    default: bool = True
    summary: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class Registry(Generic[T]):
    """Plug-ins of one kind by name, in the order of registration."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._plugins: dict[str, Plugin[T]] = {}

    def register(self, name: str, *, default: bool = True, **facts: Any) -> Callable[[P], P]:
        """Decorator: add a plug-in under `name`. Raises `ValueError` when the name is taken."""

        def add(factory: P) -> P:
            if name in self._plugins:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            summary = (getattr(factory, "__doc__", None) or "").strip().split("\n", 1)[0]
            self._plugins[name] = Plugin(name, factory, default, summary, facts)  # type: ignore[arg-type]
            return factory

        return add

    def load_entry_points(self) -> None:
        """Load the plug-ins that other installed distributions offer for this kind."""
        group = f"pharos.{self.kind}"
        if not _offered(group):
            return
        from importlib.metadata import entry_points

        for point in entry_points(group=group):
            if point.name not in self._plugins:
                point.load()

    def __getitem__(self, name: str) -> Plugin[T]:
        try:
            return self._plugins[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._plugins, n=1)
            hint = f", did you mean {near[0]!r}?" if near else f", known: {', '.join(sorted(self._plugins))}"
            raise KeyError(f"unknown {self.kind} {name!r}{hint}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._plugins

    def __iter__(self) -> Iterator[Plugin[T]]:
        return iter(self._plugins.values())

    def __len__(self) -> int:
        return len(self._plugins)


def _offered(group: str) -> bool:
    """Whether any distribution names the group. `importlib.metadata` would know, too, but costs 3 MB and 30 ms to load."""
    heading = f"[{group}]"
    for folder in sys.path:
        for file in glob.iglob("*.*-info/entry_points.txt", root_dir=folder or "."):
            with open(os.path.join(folder, file), encoding="utf-8") as lines:
                if any(line.strip() == heading for line in lines):
                    return True
    return False
