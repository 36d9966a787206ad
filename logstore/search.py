"""A search from request to answer."""

import time
from typing import Any

from logstore import engine
from logstore.aggregations import aggregate
from logstore.engine import Query
from logstore.hits import page
from logstore.order import check_sortable
from logstore.query import build
from logstore.query.base import all_of
from logstore.request import SearchRequest
from logstore.views import View


def search(view: View | None, request: SearchRequest, now_ms: int) -> dict[str, Any]:
    """The body of a `_search` answer. Raises `ElasticError`."""
    began = time.perf_counter()
    damaged: list[str] = []
    if view is None:
        answer = _empty(request)
    else:
        context = view.context(now_ms)
        query = build(context, request.query) if request.query else Query.const_score_query(Query.all_query(), 1.0)
        hits_query = all_of([query, build(context, request.post_filter)]) if request.post_filter else query
        check_sortable(context, request.sort)
        answer = {"hits": page(view, context, hits_query, request)}
        if request.aggs:
            answer["aggregations"] = aggregate(view, context, query, request.aggs)
        damaged = context.damaged
    took = int((time.perf_counter() - began) * 1000)
    return {"took": took, "timed_out": False, "_shards": _shards(view, damaged), **answer}


def _shards(view: View | None, damaged: list[str]) -> dict[str, Any]:
    """As Elasticsearch tells that an answer is not all there is: a failed shard."""
    failed = min(1, len(damaged))
    out: dict[str, Any] = {"total": 1, "successful": 1 - failed, "skipped": 0, "failed": failed}
    if view is not None and damaged:
        reason = f"{len(damaged)} documents of this page are damaged on disk and left out: {damaged[0]}"
        index = next(iter(view.generations.values())).name
        out["failures"] = [
            {"shard": 0, "index": index, "reason": {"type": "corrupt_index_exception", "reason": reason}}
        ]
    return out


def _empty(request: SearchRequest) -> dict[str, Any]:
    hits: dict[str, Any] = {"max_score": None, "hits": []}
    if request.total_limit != 0:
        hits = {"total": 0 if request.rest_total_as_int else {"value": 0, "relation": "eq"}, **hits}
    return {"hits": hits}


def count(view: View | None, body: dict[str, Any] | None, now_ms: int) -> int:
    """How many documents a query finds."""
    if view is None:
        return 0
    if not body:
        return int(view.searcher.num_docs)
    return engine.count(view.searcher, build(view.context(now_ms), body))
