"""Parts of a document: `_source` includes and excludes, `fields`, dotted paths."""

import fnmatch
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any


def values_at(doc: Any, path: str) -> list[Any]:
    """All values under a dotted path, through lists, also when a key itself has dots."""
    if path == "":
        return doc if isinstance(doc, list) else [doc]
    if isinstance(doc, list):
        return [value for item in doc for value in values_at(item, path)]
    if not isinstance(doc, dict):
        return []
    if path in doc:
        return values_at(doc[path], "")
    out: list[Any] = []
    at = path.find(".")
    while at > 0:
        if path[:at] in doc:
            out += values_at(doc[path[:at]], path[at + 1 :])
        at = path.find(".", at + 1)
    return out


def leaves(doc: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """`(dotted path, value)` of every value."""
    if isinstance(doc, dict):
        for key, value in doc.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(doc, list):
        for item in doc:
            yield from leaves(item, path)
    else:
        yield path, doc


@lru_cache(maxsize=256)
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns) or r"(?!)")


def filter_source(doc: dict[str, Any], spec: Any) -> dict[str, Any] | None:
    """`_source` of a request applied to a document; None: leave it out."""
    if spec is False:
        return None
    if spec is True or spec is None:
        return doc
    if isinstance(spec, dict):
        includes, excludes = (
            spec.get("includes", spec.get("include", [])),
            spec.get("excludes", spec.get("exclude", [])),
        )
    else:
        includes, excludes = spec, []
    includes = [includes] if isinstance(includes, str) else list(includes or [])
    excludes = [excludes] if isinstance(excludes, str) else list(excludes or [])
    chosen = _filtered(doc, "", tuple(includes), tuple(excludes), inside=not includes)
    return chosen or {}


def _filtered(
    doc: dict[str, Any], path: str, includes: tuple[str, ...], excludes: tuple[str, ...], *, inside: bool
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in doc.items():
        name = f"{path}{key}"
        if excludes and _pattern(excludes).fullmatch(name):
            continue
        chosen = inside or bool(_pattern(includes).fullmatch(name))
        if isinstance(value, dict):
            inner = _filtered(value, name + ".", includes, excludes, inside=chosen)
            if inner or (chosen and not value):
                out[key] = inner
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            parts = [
                _filtered(i, name + ".", includes, excludes, inside=chosen) if isinstance(i, dict) else i for i in value
            ]
            if any(parts):
                out[key] = [part for part in parts if part]
        elif chosen:
            out[key] = value
    return out


def fields_of(doc: dict[str, Any], patterns: list[str]) -> dict[str, list[Any]]:
    """The `fields` of a hit: flat names, lists of values."""
    wanted = _pattern(tuple(patterns))
    out: dict[str, list[Any]] = {}
    for name, value in leaves(doc):
        if value is not None and wanted.fullmatch(name):
            out.setdefault(name, []).append(value)
    return out
