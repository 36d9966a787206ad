"""What exists: indices, data streams, aliases, templates; and what a name in a request means.

`catalog.json` holds streams, aliases and templates; indices are their folders.
"""

import fnmatch
import json
import logging
import os
import re
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from logstore.errors import ElasticError, bad_request, index_not_found, unsupported
from logstore.generation import Generation
from logstore.mapping import Mapping
from logstore.timestamps import from_ms
from pharos.clock import Clock

logger = logging.getLogger(__name__)

BUILT_IN_TEMPLATE: Final[dict[str, Any]] = {
    "index_patterns": ["logs-*-*"], "data_stream": {}, "priority": 100, "_meta": {"managed": True},
    "template": {"mappings": {"properties": {"@timestamp": {"type": "date"}, "message": {"type": "text"}}}},
}  # fmt: skip
_BAD_NAME: Final = re.compile(r'[\\/*?"<>| ,#:A-Z]|^[-_+]|^\.{1,2}$')


@dataclass(slots=True)
class Stored:
    """What `catalog.json` holds."""

    next_number: int = 1
    streams: dict[str, list[str]] = field(default_factory=dict)
    """Data stream -> names of its backing indices, the last one is written to."""
    lifecycles: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Alias -> index -> properties."""
    templates: dict[str, Any] = field(default_factory=dict)
    components: dict[str, Any] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)


class Catalog:
    """All indices of the store. Changes take `lock`; names are looked up without it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder, self._clock = folder, clock
        self.lock = threading.RLock()
        self.generations: dict[str, Generation] = {}
        self.stored = Stored()
        self.changes = 0
        """Counts changes of what exists, so that others know when to look again."""

    def open(self) -> None:
        """Load everything; replays what the indices have not seen."""
        (self.folder / "indices").mkdir(parents=True, exist_ok=True)
        path = self.folder / "catalog.json"
        if path.exists():
            self.stored = Stored(**json.loads(path.read_text()))
        for entry in sorted((self.folder / "indices").iterdir()):
            if (entry / "about.json").exists():
                self._load(entry)
        for names in self.stored.streams.values():
            names[:] = [name for name in names if name in self.generations]

    def _load(self, folder: Path) -> None:
        try:
            generation = Generation.load(folder)
        except (ValueError, KeyError) as error:
            aside = folder.with_name(f"{folder.name}.damaged")
            folder.rename(aside)
            (aside / "about.json").rename(aside / "about.json.damaged")
            logger.error("Index is damaged and set aside", extra={"folder": str(aside), "reason": str(error)})
            return
        self.generations[generation.name] = generation

    def save(self) -> None:
        fresh = self.folder / "catalog.tmp"
        with open(fresh, "wb") as file:
            file.write(orjson.dumps(self.stored))
            file.flush()
            os.fdatasync(file.fileno())
        os.replace(fresh, self.folder / "catalog.json")
        self.changes += 1

    def close(self) -> None:
        for generation in self.generations.values():
            generation.close()

    # Names to indices

    def by_number(self, number: int) -> Generation | None:
        return next((g for g in self.generations.values() if g.number == number), None)

    def resolve(
        self, expression: str, *, ignore_unavailable: bool = False, allow_no_indices: bool = True
    ) -> list[Generation]:
        """The indices that `logs-*,-logs-old,other` means. Raises `ElasticError` for a name that is not there."""
        chosen: dict[str, Generation] = {}
        for part in (expression or "_all").split(","):
            name = "*" if part in ("_all", "") else part
            if name.startswith("-") and chosen:
                for gone in self._matching(name[1:], hidden=True):
                    chosen.pop(gone, None)
            elif "*" in name or "?" in name:
                chosen |= {found: self.generations[found] for found in self._matching(name, hidden=name[0] == ".")}
            else:
                found = self._named(name)
                if not found and not ignore_unavailable:
                    raise index_not_found(name)
                chosen |= {index: self.generations[index] for index in found}
        if not chosen and not allow_no_indices:
            raise index_not_found(expression)
        return sorted(chosen.values(), key=lambda generation: generation.number)

    def _named(self, name: str) -> list[str]:
        if name in self.generations:
            return [name]
        if name in self.stored.streams:
            return list(self.stored.streams[name])
        return [index for index in self.stored.aliases.get(name, {}) if index in self.generations]

    def _matching(self, pattern: str, *, hidden: bool) -> set[str]:
        found = {name for name in list(self.generations) if fnmatch.fnmatchcase(name, pattern)}
        if not hidden and pattern[0] != ".":
            found = {name for name in found if not name.startswith(".")}
        for group in (self.stored.streams, self.stored.aliases):
            for name in list(group):
                if fnmatch.fnmatchcase(name, pattern):
                    found.update(self._named(name))
        return found

    def streams_matching(self, expression: str) -> list[str]:
        parts = (expression or "*").split(",")
        return sorted(
            n for n in self.stored.streams if any(p in ("_all", "*") or fnmatch.fnmatchcase(n, p) for p in parts)
        )

    def owner(self, generation: Generation) -> str | None:
        """The data stream an index belongs to."""
        return next((name for name, names in self.stored.streams.items() if generation.name in names), None)

    # Writing

    def write_target(self, name: str, operation: str, *, now_ms: int) -> Generation:
        """The index a write to `name` goes to, made when there is none. Raises `ElasticError`."""
        if name in self.generations:
            return self.generations[name]
        with self.lock:
            stream = self.stored.streams.get(name)
            template = None if stream else self.template_for(name)
            if stream or (template and "data_stream" in template and name not in self.stored.aliases):
                if operation != "create":
                    raise bad_request("only write ops with an op_type of create are allowed in data streams")
                return self._stream_target(name, now_ms)
            if aliases := self.stored.aliases.get(name):
                return self._alias_target(name, aliases)
            return self.create(name, {}, now_ms=now_ms)

    def _alias_target(self, name: str, aliases: dict[str, Any]) -> Generation:
        writers = [index for index, spec in aliases.items() if spec.get("is_write_index")] or list(aliases)
        if len(writers) != 1:
            raise bad_request(f"no write index is defined for alias [{name}]")
        return self.generations[writers[0]]

    def _stream_target(self, name: str, now_ms: int) -> Generation:
        names = self.stored.streams.get(name)
        if names and _day(self.generations[names[-1]].created_ms) == _day(now_ms):
            return self.generations[names[-1]]
        return self.rollover(name, now_ms=now_ms)

    def rollover(self, stream: str, *, now_ms: int) -> Generation:
        """A new backing index for a data stream: daily, since retention drops whole indices."""
        with self.lock:
            names = self.stored.streams.setdefault(stream, [])
            serial = int(names[-1].rpartition("-")[2]) + 1 if names else 1
            backing = f".ds-{stream}-{from_ms(now_ms):%Y.%m.%d}-{serial:06d}"
            template = self.template_for(stream) or BUILT_IN_TEMPLATE
            generation = self._create(backing, self._composed(template), now_ms, keywords=_is_logs(stream))
            names.append(backing)
            self.save()
            return generation

    def previous(self, generation: Generation) -> Generation | None:
        """The backing index before this one, where a document sent twice around a rollover may be."""
        for names in self.stored.streams.values():
            if generation.name in names:
                at = names.index(generation.name)
                return self.generations.get(names[at - 1]) if at else None
        return None

    def create(self, name: str, body: dict[str, Any], *, now_ms: int) -> Generation:
        """A plain index. Raises `ElasticError` when the name is taken or not allowed."""
        check_name(name)
        with self.lock:
            if name in self.generations or name in self.stored.streams or name in self.stored.aliases:
                raise ElasticError(
                    400, "resource_already_exists_exception", f"index [{name}] already exists", index=name
                )
            template = self.template_for(name)
            composed = self._composed(template) if template else {}
            composed = _overlay(composed, body)
            generation = self._create(name, composed, now_ms, keywords=_is_logs(name))
            for alias, spec in (composed.get("aliases") or {}).items():
                self.stored.aliases.setdefault(alias, {})[name] = spec
            self.save()
            return generation

    def _create(self, name: str, body: dict[str, Any], now_ms: int, *, keywords: bool) -> Generation:
        mapping = Mapping(keywords=keywords)
        mapping.declare(body.get("mappings") or {})
        about = {
            "name": name, "number": self.stored.next_number, "created_ms": now_ms, "uuid": uuid.uuid4().hex[:22],
            "settings": body.get("settings") or {}, "mapping": mapping.to_json(),
        }  # fmt: skip
        self.stored.next_number += 1
        self.save()
        generation = Generation.create(self.folder / "indices" / name, about)
        self.generations[name] = generation
        self.changes += 1
        return generation

    def drop(self, generations: Iterable[Generation]) -> None:
        with self.lock:
            for generation in generations:
                del self.generations[generation.name]
                for names in self.stored.streams.values():
                    if generation.name in names:
                        names.remove(generation.name)
                for aliases in self.stored.aliases.values():
                    aliases.pop(generation.name, None)
                generation.drop()
                logger.info("Index dropped", extra={"index": generation.name})
            self.stored.aliases = {name: spec for name, spec in self.stored.aliases.items() if spec}
            self.save()

    # Templates

    def template_for(self, name: str) -> dict[str, Any] | None:
        """The index template of the highest priority whose pattern matches."""
        found = [
            template
            for template in [BUILT_IN_TEMPLATE, *self.stored.templates.values()]
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in _patterns(template))
        ]
        return max(found, key=lambda template: template.get("priority") or 0, default=None)

    def _composed(self, template: dict[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name in template.get("composed_of") or []:
            out = _overlay(out, (self.stored.components.get(name) or {}).get("template") or {})
        return _overlay(out, template.get("template") or {})


def check_name(name: str) -> None:
    if not name or _BAD_NAME.search(name) or len(name.encode()) > 255:
        why = (
            "must be lowercase"
            if name != name.lower()
            else 'must not be empty, start with [_-+] nor contain [\\/*?"<>| ,#:]'
        )
        raise ElasticError(400, "invalid_index_name_exception", f"Invalid index name [{name}], {why}", index=name)
    if name.startswith(".ds-"):
        raise unsupported("creating a backing index by hand")


def _patterns(template: dict[str, Any]) -> list[str]:
    patterns = template.get("index_patterns") or []
    return [patterns] if isinstance(patterns, str) else patterns


def _is_logs(name: str) -> bool:
    return fnmatch.fnmatchcase(name, "logs-*-*")


def _day(ms: int) -> int:
    return ms // 86_400_000


def _overlay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    out = dict(below)
    for key, value in above.items():
        out[key] = _overlay(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out
