"""What a search asks for: the body and the URL parameters, checked, as one value."""

from dataclasses import dataclass, field
from typing import Any, Final

from logstore.errors import ElasticError, parsing, unsupported

MAX_WINDOW: Final = 10_000

_IGNORED: Final = {
    "timeout", "version", "seq_no_primary_term", "terminate_after", "stats", "stored_fields", "track_scores", "ext",
    "batched_reduce_size", "preference", "explain", "profile", "indices_boost",
}  # fmt: skip
_EMPTY_ONLY: Final = {
    "runtime_mappings",
    "script_fields",
    "rescore",
    "suggest",
    "slice",
    "knn",
    "collapse",
    "pit",
    "min_score",
}
_KNOWN: Final = {
    "query", "from", "size", "sort", "aggs", "aggregations", "_source", "fields", "docvalue_fields", "highlight",
    "search_after", "track_total_hits", "post_filter",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of the order of hits."""

    field: str
    descending: bool
    missing: Any = "_last"
    format: str | None = None


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A checked search."""

    query: dict[str, Any] | None = None
    post_filter: dict[str, Any] | None = None
    offset: int = 0
    size: int = 10
    sort: tuple[SortKey, ...] = ()
    search_after: list[Any] | None = None
    aggs: dict[str, Any] = field(default_factory=dict)
    source: Any = True
    fields: list[Any] = field(default_factory=list)
    highlight: dict[str, Any] | None = None
    total_limit: int | None = MAX_WINDOW
    """Count hits up to here; None: all of them, 0: none."""
    seq_no: bool = False
    version: bool = False
    rest_total_as_int: bool = False


def parse_request(body: dict[str, Any], params: dict[str, str]) -> SearchRequest:
    """Check body and parameters. Raises `ElasticError`."""
    merged = {**body, **_from_params(params)}
    for key, value in merged.items():
        if key in _EMPTY_ONLY and value:
            raise unsupported(f"[{key}] in a search")
        if key not in _KNOWN | _IGNORED | _EMPTY_ONLY:
            raise parsing(f"unknown key [{key}] in a search request")
    offset, size = _count(merged, "from", 0), _count(merged, "size", 10)
    if offset + size > MAX_WINDOW:
        raise ElasticError(
            400, "illegal_argument_exception",
            f"Result window is too large, from + size must be less than or equal to: [{MAX_WINDOW}] but was [{offset + size}]",
        )  # fmt: skip
    return SearchRequest(
        query=merged.get("query"),
        post_filter=merged.get("post_filter"),
        offset=offset,
        size=size,
        sort=_sort(merged.get("sort")),
        search_after=merged.get("search_after"),
        aggs=merged.get("aggs") or merged.get("aggregations") or {},
        source=merged.get("_source", True),
        fields=[*(merged.get("fields") or []), *(merged.get("docvalue_fields") or [])],
        highlight=merged.get("highlight"),
        total_limit=_total_limit(merged.get("track_total_hits", MAX_WINDOW)),
        seq_no=_truth(merged.get("seq_no_primary_term", False)),
        version=_truth(merged.get("version", False)),
        rest_total_as_int=_truth(params.get("rest_total_hits_as_int", False)),
    )


def _from_params(params: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if "q" in params:
        operator = params.get("default_operator", "or")
        out["query"] = {
            "query_string": {"query": params["q"], "default_field": params.get("df", "*"), "default_operator": operator}
        }
    for key in ("from", "size"):
        if key in params:
            out[key] = params[key]
    if "sort" in params:
        parts = [part.partition(":") for part in params["sort"].split(",")]
        out["sort"] = [{name: {"order": order}} if order else name for name, _, order in parts]
    if "track_total_hits" in params:
        text = params["track_total_hits"]
        out["track_total_hits"] = int(text) if text.lstrip("-").isdigit() else text != "false"
    for key in ("version", "seq_no_primary_term"):
        if key in params:
            out[key] = params[key]
    includes, excludes = params.get("_source_includes"), params.get("_source_excludes")
    if includes or excludes:
        out["_source"] = {
            "includes": (includes or "").split(",") if includes else [],
            "excludes": (excludes or "").split(",") if excludes else [],
        }
    elif "_source" in params:
        text = params["_source"]
        out["_source"] = {"true": True, "false": False, "": True}.get(text, text.split(","))
    return out


def _truth(value: Any) -> bool:
    return value is True or value in ("true", "")


def _count(body: dict[str, Any], key: str, default: int) -> int:
    try:
        number = int(body.get(key, default))
    except (TypeError, ValueError) as error:
        raise parsing(f"[{key}] must be a number, found [{body[key]}]") from error
    if number < 0:
        raise ElasticError(400, "illegal_argument_exception", f"[{key}] parameter cannot be negative, found [{number}]")
    return number


def _total_limit(value: Any) -> int | None:
    if value is True or value == -1:
        return None
    return int(value)


def _sort(value: Any) -> tuple[SortKey, ...]:
    if value is None:
        return ()
    keys = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            name, _, order = item.partition(":")
            keys.append(_key(name, {"order": order} if order else {}))
        elif isinstance(item, dict):
            keys += [_key(name, spec if isinstance(spec, dict) else {"order": spec}) for name, spec in item.items()]
        else:
            raise parsing(f"[sort] malformed, found [{item!r}]")
    return tuple(keys)


def _key(name: str, spec: dict[str, Any]) -> SortKey:
    if name in ("_script", "_geo_distance") or "nested" in spec:
        raise unsupported(f"sorting by [{name if name[0] == '_' else 'nested'}]")
    order = str(spec.get("order") or ("desc" if name == "_score" else "asc"))
    if order not in ("asc", "desc"):
        raise parsing(f"Illegal sort order [{order}], expected asc or desc")
    return SortKey(name, order == "desc", spec.get("missing", "_last"), spec.get("format"))
