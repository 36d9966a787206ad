"""Which counters the group `perf_event` reads: cAdvisor's `--perf_events_config`.

    {"core": {"events": ["instructions", "page-faults", "walks"],
              "custom_events": [{"type": 4, "config": ["0x1cc"], "name": "walks"}]}}

Events are the kernel's own (as `perf list` names them) or custom ones with their type and up to three config words. A group of events
(`["cycles", "instructions"]`) is taken as its members.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pharos.config import ConfigError

_HARDWARE: Final = (
    "cycles", "instructions", "cache-references", "cache-misses", "branches", "branch-misses", "bus-cycles",
    "stalled-cycles-frontend", "stalled-cycles-backend", "ref-cycles",
)  # fmt: skip
_SOFTWARE: Final = (
    "cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations", "minor-faults", "major-faults",
    "alignment-faults", "emulation-faults",
)  # fmt: skip
_CACHES: Final = ("L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node")
_OPERATIONS: Final = {"load": "loads", "store": "stores", "prefetch": "prefetches"}


@dataclass(frozen=True, slots=True)
class PerfEvent:
    """`type`, `config` and the two further words of struct perf_event_attr."""

    name: str
    type: int
    config: int
    more: tuple[int, int] = (0, 0)


def _known() -> Iterator[PerfEvent]:
    """The generic events of linux/perf_event.h: hardware (type 0), software (1), caches (3)."""
    for kind, names in ((0, _HARDWARE), (1, _SOFTWARE)):
        yield from (PerfEvent(name, kind, config) for config, name in enumerate(names))
    for cache, name in enumerate(_CACHES):
        for operation, (one, many) in enumerate(_OPERATIONS.items()):
            yield PerfEvent(f"{name}-{many}", 3, cache | operation << 8)
            yield PerfEvent(f"{name}-{one}-misses", 3, cache | operation << 8 | 1 << 16)


KNOWN: Final = {event.name: event for event in _known()}


def load_events(path: str) -> tuple[PerfEvent, ...]:
    """The events of a file. Raises `ConfigError`."""
    try:
        document = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"--perf_events_config {path}: {error}") from error
    try:
        return parse_events(document)
    except ValueError as error:
        raise ConfigError(f"--perf_events_config {path}: {error}") from error


def parse_events(document: Any) -> tuple[PerfEvent, ...]:
    """The core events of a document. Raises `ValueError`."""
    core = _table(document, "the file").get("core") or {}
    if (_table(document, "the file").get("uncore") or {}).get("events"):
        raise ValueError("uncore: events of the uncore belong to the whole machine and are not offered")
    custom = {event.name: event for event in map(_custom, _table(core, "core").get("custom_events") or [])}
    names = [name for entry in core.get("events") or [] for name in (entry if isinstance(entry, list) else [entry])]
    events = {}
    for name in names:
        event = custom.get(name) or KNOWN.get(name)
        if event is None:
            raise ValueError(f"core.events: unknown event {name!r}, known: {', '.join([*custom, *KNOWN])}")
        events[name] = event
    if not events:
        raise ValueError("core.events: expected at least one event")
    return tuple(events.values())


def _custom(entry: Any) -> PerfEvent:
    table = _table(entry, "core.custom_events")
    try:
        words = [int(word, 0) for word in table["config"]]
        config, first, second = (*words, 0, 0, 0)[:3]
        return PerfEvent(str(table["name"]), int(table["type"]), config, (first, second))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"core.custom_events: {entry}: expected name, type and config with numbers") from error


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where}: expected an object, found {type(value).__name__}")
    return value
