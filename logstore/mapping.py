"""Which fields an index has and of which type: learnt from the documents, or laid down by the client.

A document is split for the index into hot fields (`@timestamp`, `message`) and two JSON fields that hold everything else: `k`
(whole values: terms, ranges, aggregations) and `t` (words of text). So no value is ever refused for its type; a field that came
as a number and as text simply has two types.

Learning must be cheap: objects of a shape seen before (same keys, same types) cost one dictionary look-up.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingLike
from dataclasses import dataclass, field
from typing import Any, Final

from logstore.errors import ElasticError
from logstore.timestamps import ISO_DATE, iso, parse_date

NUMERIC: Final = {
    "long", "integer", "short", "byte", "unsigned_long", "double", "float", "half_float", "scaled_float",
}  # fmt: skip
TEXT: Final = {"text", "match_only_text", "search_as_you_type"}
KEYWORD: Final = {"keyword", "constant_keyword", "wildcard", "ip", "version", "flattened"}
KNOWN_TYPES: Final = NUMERIC | TEXT | KEYWORD | {"date", "date_nanos", "boolean", "object", "nested", "alias", "binary"}
LONGEST_KEYWORD: Final = 1024
"""Longer strings are indexed by their words only: nobody groups by a stack trace."""

_SAMPLE_TYPES: Final = {
    bool: "boolean",
    int: "long",
    float: "float",
    str: "text",
    dict: "object",
    list: "list",
    type(None): "null",
}


@dataclass(slots=True)
class Field:
    """A field of an index: its types (first one first) and what the client said about it."""

    types: list[str]
    explicit: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return self.types[0]


@dataclass(frozen=True, slots=True)
class Shape:
    """What to do with an object whose keys and types were seen before."""

    objects: tuple[str, ...]
    """Keys whose values are objects or lists: look inside."""
    texts: tuple[str, ...]
    coerced: tuple[tuple[str, str], ...]
    """Keys whose value must become another type first, and that type."""


class Mapping:
    """The fields of one index. `keywords`: new strings are whole values (logs) instead of text with a keyword beside it."""

    def __init__(self, *, keywords: bool) -> None:
        self.keywords = keywords
        self.fields: dict[str, Field] = {}
        self.changed = False
        self.declared: dict[str, Any] = {}
        self._shapes: dict[tuple[Any, ...], Shape] = {}

    # Laid down by the client

    def declare(self, body: MappingLike[str, Any]) -> None:
        """Take the `mappings` of a request. Raises `ElasticError` for types unknown to Elasticsearch."""
        for name, spec in _properties(body.get("properties") or {}, ""):
            kind = str(spec.get("type") or "object")
            if kind not in KNOWN_TYPES and not kind.startswith(
                ("geo_", "dense_", "rank_", "histogram", "long_range", "date_range")
            ):
                raise ElasticError(
                    400, "mapper_parsing_exception", f"No handler for type [{kind}] declared on field [{name}]"
                )
            known = self.fields.get(name)
            if known and known.explicit and known.explicit.get("type", "object") != spec.get("type", "object"):
                raise ElasticError(
                    400, "illegal_argument_exception",
                    f"mapper [{name}] cannot be changed from type [{known.type}] to [{kind}]",
                )  # fmt: skip
            own = {key: value for key, value in spec.items() if key != "properties"}
            self.fields[name] = Field([kind, *(t for t in (known.types if known else []) if t != kind)], own)
        for key in ("dynamic", "_source", "dynamic_templates", "_meta", "date_detection", "_data_stream_timestamp"):
            if key in body:
                self.declared[key] = body[key]
        self._shapes.clear()
        self.changed = True

    # Learnt

    def split(self, doc: dict[str, Any], careful: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """The document for the fields `k` and `t`; learns new fields. `careful`: it may hold strings too long for a keyword."""
        words: dict[str, Any] = {}
        return self._walk("", doc, words, self._shape("", doc), careful), words

    def _walk(
        self, path: str, doc: dict[str, Any], words: dict[str, Any], shape: Shape, careful: bool
    ) -> dict[str, Any]:
        """The object as it goes into `k`: itself, or a copy when something in it must change."""
        if not shape.objects and not shape.texts and not shape.coerced and not careful:
            return doc
        changes: dict[str, Any] = {key: _coerce(doc[key], kind) for key, kind in shape.coerced}
        for key in shape.texts:
            words[path + key] = doc[key]
        for key in shape.objects:
            value = doc[key]
            if isinstance(value, dict):
                inner = f"{path}{key}."
                whole = self._walk(inner, value, words, self._shape(inner, value), careful)
                if whole is not value:
                    changes[key] = whole
            elif key not in changes:
                changes[key] = self._list(path + key, value, words, careful)
        if careful:
            for key, value in doc.items():
                if isinstance(value, str) and len(value) > LONGEST_KEYWORD:
                    words[path + key], changes[key] = value, None
        return {**doc, **changes} if changes else doc

    def _list(self, path: str, values: list[Any], words: dict[str, Any], careful: bool) -> list[Any]:
        out = []
        for value in values:
            if isinstance(value, dict):
                inner: dict[str, Any] = {}
                copy = self._walk(path + ".", value, inner, self._shape(path + ".", value), careful)
                for key, text in inner.items():
                    words.setdefault(key, []).extend(text if isinstance(text, list) else [text])
                out.append(copy)
            elif isinstance(value, list):
                out.extend(self._list(path, value, words, careful))
            elif isinstance(value, str) and len(value) > LONGEST_KEYWORD:
                words.setdefault(path, []).append(value)
            else:
                out.append(value)
        return out

    def _shape(self, path: str, doc: dict[str, Any]) -> Shape:
        key = (path, *doc, *map(type, doc.values()))
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) > 10_000:
                self._shapes.clear()
            shape = self._shapes[key] = self._learn(path, doc)
        return shape

    def _learn(self, path: str, doc: dict[str, Any]) -> Shape:
        objects, texts, coerced = [], [], []
        for key, value in doc.items():
            name = path + key
            kind = self._note(name, value)
            if isinstance(value, dict | list):
                objects.append(key)
            if kind in TEXT and not isinstance(value, dict):
                texts.append(key)
            elif kind in NUMERIC and isinstance(value, str | bool):
                coerced.append((key, "double" if "float" in kind or kind == "double" else "long"))
            elif (
                kind in ("date", "date_nanos") and name != "@timestamp" and isinstance(value, str | int | float | list)
            ):
                coerced.append((key, "date"))
        return Shape(tuple(objects), tuple(texts), tuple(coerced))

    def _note(self, name: str, value: Any) -> str:
        """Remember that `name` came with a value of this type; returns the type it is indexed as."""
        sample = value
        while isinstance(sample, list):
            sample = next((item for item in sample if item is not None), None)
        if sample is None:
            return "null"
        known = self.fields.get(name)
        if known and known.explicit:
            return known.type
        kind = _SAMPLE_TYPES[type(sample)]
        if kind == "text":
            kind = self._string_type(name, sample)
        if known is None:
            self.fields[name] = Field([kind])
            self.changed = True
        elif kind not in known.types:
            known.types.append(kind)
            self.changed = True
        return kind

    def _string_type(self, name: str, sample: str) -> str:
        if ISO_DATE.fullmatch(sample) and self.declared.get("date_detection", True) is not False:
            return "date"
        if not self.keywords or name.rpartition(".")[2] in ("message", "stack_trace", "reason"):
            return "text"
        return "keyword"

    # Shown

    def to_json(self) -> dict[str, Any]:
        return {
            "keywords": self.keywords,
            "declared": self.declared,
            "fields": {name: {"types": f.types, "explicit": f.explicit} for name, f in self.fields.items()},
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Mapping":
        mapping = cls(keywords=data["keywords"])
        mapping.declared = data["declared"]
        mapping.fields = {name: Field(f["types"], f["explicit"]) for name, f in data["fields"].items()}
        return mapping

    def shown(self) -> dict[str, Any]:
        """As `GET <index>/_mapping` tells it."""
        out: dict[str, Any] = dict(self.declared)
        for name, info in sorted(self.fields.items()):
            _place(out, name.split("."), self._spec(info))
        return out

    def _spec(self, info: Field) -> dict[str, Any]:
        if info.explicit:
            return dict(info.explicit)
        if info.type in ("object", "null"):
            return {}
        if info.type == "text" and not self.keywords:
            return {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": LONGEST_KEYWORD}}}
        return {"type": info.type}


def _place(out: dict[str, Any], parts: list[str], spec: dict[str, Any]) -> None:
    for part in parts[:-1]:
        out = out.setdefault("properties", {}).setdefault(part, {})
    out.setdefault("properties", {}).setdefault(parts[-1], {}).update(spec)


def _properties(properties: MappingLike[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, spec in properties.items():
        yield path + name, spec
        yield from _properties(spec.get("properties") or {}, f"{path}{name}.")


def _coerce(value: Any, kind: str) -> Any:
    """The value as its field's type; as it is when it cannot be (it stays findable as text)."""
    if isinstance(value, list):
        return [_coerce(item, kind) for item in value]
    try:
        if kind == "date":
            return iso(parse_date(value))
        return float(value) if kind == "double" else int(float(value))
    except (ValueError, ElasticError):
        return value


def merged(mappings: Iterable[Mapping]) -> dict[str, list[str]]:
    """Field -> all its types over several indices."""
    out: dict[str, list[str]] = {}
    for mapping in mappings:
        for name, info in list(mapping.fields.items()):
            known = out.setdefault(name, [])
            known.extend(kind for kind in info.types if kind not in known)
    return out
