"""The documents of a page: ranked, read, cut to the fields asked for, marked."""

from typing import Any

import orjson

from logstore import engine
from logstore.engine import ROW_MASK, Query
from logstore.frames import DamagedError
from logstore.highlight import Highlighter
from logstore.order import Ranked, ranked
from logstore.query import Context, build
from logstore.request import SearchRequest
from logstore.source_filter import fields_of, filter_source
from logstore.timestamps import parse_date, show
from logstore.views import View


def page(view: View, context: Context, query: Query, request: SearchRequest) -> dict[str, Any]:
    """The `hits` object: total and the documents of the page; damaged ones are noted in the context and left out."""
    hits = ranked(view, context, query, request)
    out: dict[str, Any] = {}
    if request.total_limit != 0:
        total = engine.count(view.searcher, query)
        capped = request.total_limit is not None and total > request.total_limit
        value = request.total_limit if capped else total
        out["total"] = value if request.rest_total_as_int else {"value": value, "relation": "gte" if capped else "eq"}
    scores = [hit.score for hit in hits if hit.score is not None]
    out["max_score"] = max(scores, default=None) if request.offset == 0 else (scores[0] if scores else None)
    marker = Highlighter(request.highlight, _marked_terms(context, request)) if request.highlight else None
    out["hits"] = []
    for hit in hits:
        try:
            out["hits"].append(_hit(view, hit, request, marker))
        except DamagedError as error:
            context.damaged.append(str(error))
    return out


def _marked_terms(context: Context, request: SearchRequest) -> list[tuple[str, str]]:
    assert request.highlight is not None
    if own := request.highlight.get("highlight_query"):
        del context.terms[:]
        build(context, own)
    return list(dict.fromkeys(context.terms))


def _hit(view: View, hit: Ranked, request: SearchRequest, marker: Highlighter | None) -> dict[str, Any]:
    generation, row = view.row(hit.row)
    out: dict[str, Any] = {"_index": generation.name, "_id": row.id, "_score": hit.score}
    if request.version:
        out["_version"] = row.version
    if request.seq_no:
        out |= {"_seq_no": hit.row & ROW_MASK, "_primary_term": 1}
    plain = request.source is True
    doc: dict[str, Any] = {}
    if not plain or request.fields or marker:
        doc = orjson.loads(row.source)
    source = orjson.Fragment(row.source) if plain else filter_source(doc, request.source)
    if source is not None:
        out["_source"] = source
    if request.fields:
        out["fields"] = _fields(doc, request.fields)
    if marker and (marked := marker.mark(doc)):
        out["highlight"] = marked
    if hit.sort is not None:
        out["sort"] = [_shown_sort(value, key.format) for value, key in zip(hit.sort, request.sort, strict=False)]
    return out


def _shown_sort(value: Any, format_: str | None) -> Any:
    return show(value, format_) if format_ and isinstance(value, int) else value


def _fields(doc: dict[str, Any], wanted: list[Any]) -> dict[str, list[Any]]:
    names = [item if isinstance(item, str) else item["field"] for item in wanted]
    out = fields_of(doc, names)
    for item in wanted:
        if isinstance(item, dict) and item.get("format") and item["field"] in out:
            out[item["field"]] = [show(parse_date(value), item["format"]) for value in out[item["field"]]]
    return out
