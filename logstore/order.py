"""Which documents come first: by score, by time, by row, or by any other field.

Time and row are answered by the index itself. Other fields are sorted here, over at most 10,000 candidates: the columns of the first key say which documents can be among the first at
all.
"""

from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, Final

import orjson

from logstore import engine
from logstore.engine import SCHEMA, FieldType, Query
from logstore.errors import ElasticError, unsupported
from logstore.frames import DamagedError
from logstore.query.base import Context, all_of, any_of, none_of, target
from logstore.query.leaves import between, exists, term
from logstore.request import SearchRequest, SortKey
from logstore.source_filter import values_at
from logstore.timestamps import parse_date
from logstore.views import View

ROW_NAMES: Final = ("_doc", "_row", "_shard_doc", "_seq_no")
MAX_CANDIDATES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hit: where it is, its score, the values it was sorted by."""

    row: int
    score: float | None
    sort: list[Any] | None


def ranked(view: View, context: Context, query: Query, request: SearchRequest) -> list[Ranked]:
    """The hits of the page asked for. Raises `ElasticError`."""
    need = request.offset + request.size
    if need == 0:
        return []
    keys = request.sort
    first = keys[0].field if keys else "_score"
    rest_is_row = all(key.field in (*ROW_NAMES, "_id") for key in keys[1:])
    if first == "_score" and all(key.field in ("_score", *ROW_NAMES) for key in keys):
        if request.search_after:
            raise unsupported("search_after with a sort by _score")
        found = _by_score(view, query, need, keys)
    elif first in ROW_NAMES and len(keys) == 1:
        found = _by_row(view, query, need, keys[0], request.search_after)
    elif first == "@timestamp" and rest_is_row:
        found = _by_time(view, query, need, keys, request.search_after)
    else:
        found = _by_values(view, context, query, need, keys, request.search_after)
    return found[request.offset :]


def _by_score(view: View, query: Query, need: int, keys: tuple[SortKey, ...]) -> list[Ranked]:
    hits = engine.rows_by_score(view.searcher, query, need)
    return [
        Ranked(row, score, [score if key.field == "_score" else row for key in keys] or None) for score, row in hits
    ]


def _by_row(view: View, query: Query, need: int, key: SortKey, after: list[Any] | None) -> list[Ranked]:
    if after:
        query = all_of([query, _rows_beyond(int(after[0]), descending=key.descending)])
    rows = engine.rows_newest_first(view.searcher, query, need, ascending=not key.descending)
    return [Ranked(row, None, [row]) for row in rows]


def _rows_beyond(row: int, *, descending: bool) -> Query:
    if descending:
        return Query.range_query(SCHEMA, "_row", FieldType.Unsigned, None, row, include_upper=False)
    return Query.range_query(SCHEMA, "_row", FieldType.Unsigned, row, None, include_lower=False)


def _by_time(view: View, query: Query, need: int, keys: tuple[SortKey, ...], after: list[Any] | None) -> list[Ranked]:
    down = keys[0].descending
    tie_down = keys[1].descending if len(keys) > 1 else False
    if after:
        query = all_of([query, _times_beyond(after, down=down, tie_down=tie_down)])
    hits = engine.rows_by_time(view.searcher, query, need + 1, ascending=not down)
    if len(hits) > need and hits[need][0] == hits[need - 1][0]:
        hits = _with_all_ties(view, query, hits, need, tie_down=tie_down)
    timed = sorted((hit for hit in hits if hit[0] is not None), key=lambda hit: -hit[1] if tie_down else hit[1])
    timed.sort(key=lambda hit: hit[0] or 0, reverse=down)
    untimed = sorted((hit for hit in hits if hit[0] is None), key=lambda hit: hit[1])
    ordered = (timed + untimed)[:need]
    return [Ranked(row, None, [moment, *(row for _ in keys[1:])]) for moment, row in ordered]


def _with_all_ties(
    view: View, query: Query, hits: list[tuple[int | None, int]], need: int, *, tie_down: bool
) -> list[tuple[int | None, int]]:
    """The index picks any of the documents of the last moment: take the right ones by row."""
    moment = hits[need][0]
    same = (
        all_of([query, between(moment, moment)])
        if moment is not None
        else all_of([query, none_of(Query.exists_query("@timestamp"))])
    )
    rows = engine.rows_newest_first(view.searcher, same, need, ascending=not tie_down)
    return [hit for hit in hits if hit[0] != moment] + [(moment, row) for row in rows]


def _times_beyond(after: list[Any], *, down: bool, tie_down: bool) -> Query:
    moment = parse_date(after[0])
    beyond = between(None, moment - 1) if down else between(moment + 1, None)
    if len(after) < 2:
        return beyond
    tie = all_of([between(moment, moment), _rows_beyond(int(after[1]), descending=tie_down)])
    return any_of([beyond, tie])


# Any other field


def _by_values(
    view: View, context: Context, query: Query, need: int, keys: tuple[SortKey, ...], after: list[Any] | None
) -> list[Ranked]:
    total = engine.count(view.searcher, query)
    if total > MAX_CANDIDATES:
        if after:
            raise unsupported(f"search_after on [{keys[0].field}] over more than {MAX_CANDIDATES} documents")
        query = all_of([query, _candidates(view, context, query, need, keys[0])])
    rows = engine.rows_newest_first(view.searcher, query, MAX_CANDIDATES + 1, ascending=True)
    if len(rows) > MAX_CANDIDATES:
        raise unsupported(f"sorting more than {MAX_CANDIDATES} documents with equal values of [{keys[0].field}]")
    compare = _comparison(keys)
    hits = [Ranked(row, None, _sort_values(view, row, keys)) for row in rows]
    hits.sort(key=cmp_to_key(compare))
    if after:
        mark = Ranked(-1, None, after)
        hits = [hit for hit in hits if compare(hit, mark) > 0]
    return hits[:need]


def _candidates(view: View, context: Context, query: Query, need: int, key: SortKey) -> Query:
    where = target(context, key.field)
    if where.kind != "json":
        raise unsupported(f"sorting by [{key.field}]")
    order = "desc" if key.descending else "asc"
    request = {"v": {"terms": {"field": where.whole, "size": need, "order": {"_key": order}}}}
    buckets = engine.aggregate(view.searcher, query, request)["v"]["buckets"]
    chosen, seen = [], 0
    for bucket in buckets:
        chosen.append(term(context, key.field, bucket.get("key_as_string", bucket["key"])))
        seen += bucket["doc_count"]
        if seen >= need and key.missing != "_first":
            return any_of(chosen)
    return any_of([*chosen, none_of(exists(context, key.field))])


def _sort_values(view: View, row: int, keys: tuple[SortKey, ...]) -> list[Any]:
    try:
        _, stored = view.row(row)
    except DamagedError:  # the search says so when it comes to show it
        return [None for _ in keys]
    doc = orjson.loads(stored.source)
    return [_sort_value(doc, stored.id, row, key) for key in keys]


def _sort_value(doc: dict[str, Any], doc_id: str, row: int, key: SortKey) -> Any:
    if key.field in ROW_NAMES:
        return row
    if key.field == "_id":
        return doc_id
    values = [value for value in values_at(doc, key.field.removesuffix(".keyword")) if value is not None]
    if not values:
        return key.missing if key.missing not in ("_last", "_first") else None
    if key.field == "@timestamp":
        return parse_date(values[0])
    try:
        return max(values) if key.descending else min(values)
    except TypeError:
        return values[0]


def _comparison(keys: tuple[SortKey, ...]) -> Any:
    def compare(left: Ranked, right: Ranked) -> int:
        for key, a, b in zip(keys, left.sort or [], right.sort or [], strict=False):
            if a == b:
                continue
            if a is None or b is None:
                missing_first = key.missing == "_first"
                return -1 if (a is None) == missing_first else 1
            sign = _compared(a, b)
            if sign:
                return -sign if key.descending else sign
        return 0

    return compare


def _compared(a: Any, b: Any) -> int:
    try:
        return -1 if a < b else 1
    except TypeError:
        return -1 if str(a) < str(b) else 1


def check_sortable(context: Context, keys: tuple[SortKey, ...]) -> None:
    """Raises `ElasticError` for a key that is only words."""
    for key in keys:
        if key.field == "message":
            raise ElasticError(
                400, "illegal_argument_exception",
                "Fielddata is disabled on [message]: text fields are not sorted by",
            )  # fmt: skip
