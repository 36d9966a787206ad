"""What every clause needs: the fields, the index, the time; and the registry of clauses."""

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Final, Protocol

from logstore.engine import Query, Searcher
from logstore.errors import ElasticError, parsing
from logstore.mapping import NUMERIC, TEXT
from logstore.timestamps import parse_date
from pharos.registry import Registry


@dataclass(frozen=True, slots=True)
class Context:
    """The fields and the moment a query is built for."""

    searcher: Searcher
    parse: Callable[[str], Query]
    """tantivy's own parser: the only way to ranges inside JSON fields."""
    types: Mapping[str, list[str]]
    """Field -> its types over all indices searched."""
    index_rows: Callable[[str], list[tuple[int, int]]]
    """Index name pattern -> ranges of `_row`."""
    now_ms: int = 0
    zone: tzinfo = UTC
    terms: list[tuple[str, str]] = field(default_factory=list)
    """Collects `(field, word or pattern)` for highlighting."""
    damaged: list[str] = field(default_factory=list)
    """Collects what could not be read from the disk."""


class Clause(Protocol):
    """Builds the query of one clause from its body."""

    def __call__(self, context: Context, body: Any) -> Query: ...


clauses: Final[Registry[Clause]] = Registry("query")


def build(context: Context, body: Any) -> Query:
    """The query of a DSL object such as `{"term": {"level": "error"}}`. Raises `ElasticError`."""
    if not isinstance(body, dict):
        raise parsing(f"[_na] query malformed, must start with start_object, found [{body!r}]")
    if len(body) != 1:
        if not body:
            raise ElasticError(400, "illegal_argument_exception", "query malformed, empty clause found")
        second = list(body)[1]
        raise parsing(f"[{next(iter(body))}] malformed query, expected [END_OBJECT] but found [FIELD_NAME] [{second}]")
    ((name, inner),) = body.items()
    if name not in clauses:
        raise parsing(
            f"unknown query [{name}]: the Pharos log store knows {', '.join(sorted(c.name for c in clauses))}"
        )
    return clauses[name].factory(context, inner)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a field lives: `kind` is time, message, id, index, json or none (unmapped)."""

    kind: str
    name: str
    types: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """Path of whole values in the index."""
        return f"k.{self.name}"

    @property
    def words(self) -> str | None:
        """Path of the words, for text."""
        if self.kind == "message":
            return "message"
        return f"t.{self.name}" if self.has(*TEXT) else None

    def has(self, *types: str) -> bool:
        return any(kind in types for kind in self.types)

    @property
    def numeric(self) -> bool:
        return any(kind in NUMERIC for kind in self.types)

    @property
    def stringy(self) -> bool:
        return any(kind not in NUMERIC and kind not in ("boolean", "date") for kind in self.types)


def target(context: Context, name: str) -> Target:
    """Resolve a field name of a request; `.keyword` means the whole value of a text field."""
    fixed = {"@timestamp": "time", "_id": "id", "_index": "index"}.get(name)
    if fixed:
        return Target(fixed, name)
    types = context.types.get(name)
    if types is None and name.endswith((".keyword", ".raw")):
        base = name.rpartition(".")[0]
        if base in context.types:
            return Target("json", base, tuple("keyword" if kind in TEXT else kind for kind in context.types[base]))
    if types is None:
        return Target("none", name)
    if name == "message" and "text" in types:
        return Target("message", name, tuple(types))
    geo = next((kind for kind in types if kind.startswith(("geo_", "dense_", "rank_"))), None)
    if geo:
        raise ElasticError(
            400,
            "query_shard_exception",
            f"searching field [{name}] of type [{geo}] is not supported by the Pharos log store",
        )
    return Target("json", name, tuple(types))


def expand_fields(context: Context, patterns: list[str]) -> list[tuple[str, float]]:
    """Field names and boosts of `["message^2", "kubernetes.*"]`."""
    out: dict[str, float] = {}
    for pattern in patterns:
        name, _, boost = pattern.partition("^")
        weight = float(boost or 1)
        if "*" in name:
            known = [n for n, types in context.types.items() if types[0] not in ("object", "null", "date", "boolean")]
            out |= {n: weight for n in known if fnmatch.fnmatchcase(n, name)}
        else:
            out[name] = weight
    return list(out.items())


def single(body: Any, clause: str) -> tuple[str, Any]:
    """The one field of `{"field": ...}`, ignoring `boost` and `_name`."""
    if isinstance(body, dict):
        fields = [(key, value) for key, value in body.items() if key not in ("boost", "_name", "case_insensitive")]
        if len(fields) == 1:
            return fields[0]
        if len(fields) > 1:
            raise parsing(
                f"[{clause}] query doesn't support multiple fields, found [{fields[0][0]}] and [{fields[1][0]}]"
            )
    raise parsing(f"[{clause}] query malformed, no field given")


def options(value: Any, key: str) -> dict[str, Any]:
    """`{"query": "x"}` from the short form `"x"`."""
    return value if isinstance(value, dict) else {key: value}


def variants(where: Target, value: Any) -> list[Any]:
    """The values of all types under which the field may hold `value`."""
    out: list[Any] = []
    if where.stringy or not where.types:
        out.append(str(value).lower() if isinstance(value, bool) else str(value))
    if where.numeric and not isinstance(value, bool):
        number = _number(value)
        if number is not None:
            out.append(float(number))
            if float(number).is_integer():
                out.append(int(number))
    if where.has("boolean") and str(value).lower() in ("true", "false"):
        out.append(str(value).lower() == "true")
    if where.has("date", "date_nanos"):
        out.extend(_date_variants(value))
    return out


def _date_variants(value: Any) -> list[Any]:
    from logstore.engine import utc

    try:
        return [utc(parse_date(value)), str(value)]
    except ElasticError:
        return [str(value)]


def _number(value: Any) -> float | int | None:
    if isinstance(value, int | float):
        return value
    try:
        return int(value)
    except (TypeError, ValueError):
        pass
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


_SPECIAL: Final = re.compile(r"([^\w.@/-])", re.ASCII)


def escape_path(name: str) -> str:
    """A field path for tantivy's parser."""
    return _SPECIAL.sub(r"\\\1", name)


def boosted(query: Query, body: Any) -> Query:
    boost = body.get("boost", 1) if isinstance(body, dict) else 1
    return query if boost == 1 else Query.boost_query(query, float(boost))


def any_of(queries: list[Query]) -> Query:
    """OR."""
    from tantivy import Occur

    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def all_of(queries: list[Query]) -> Query:
    """AND."""
    from tantivy import Occur

    if not queries:
        return Query.all_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])


def none_of(query: Query) -> Query:
    """NOT."""
    from tantivy import Occur

    return Query.boolean_query([(Occur.Must, Query.all_query()), (Occur.MustNot, query)])
