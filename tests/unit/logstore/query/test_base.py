"""Every clause against the same thirty documents: which ones it finds."""

from typing import Any

import pytest

from logstore.errors import ElasticError
from tests.unit.logstore.conftest import Bench


def numbers(*which: int) -> set[str]:
    return {f"d{n}" for n in which}


ODD = numbers(*range(1, 30, 2))
EVERY = numbers(*range(30))

CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({"match_all": {}}, EVERY),
    ({"match_none": {}}, set()),
    ({"term": {"level": "error"}}, numbers(*range(2, 30, 3))),
    ({"term": {"level.keyword": {"value": "error"}}}, numbers(*range(2, 30, 3))),
    ({"term": {"level": {"value": "ERROR", "case_insensitive": True}}}, numbers(*range(2, 30, 3))),
    ({"term": {"fields.status": "404"}}, numbers(*range(4, 30, 5))),
    ({"term": {"fields.took": 2}}, numbers(4)),
    ({"term": {"fields.ok": "true"}}, EVERY - ODD),
    ({"term": {"fields.seen": "2026-11-02"}}, numbers(*range(1, 30, 3))),
    ({"term": {"nope": 1}}, set()),
    ({"terms": {"kubernetes.pod": ["cart-1", "cart-2"]}}, numbers(*(n for n in range(30) if n % 4 in (1, 2)))),
    ({"ids": {"values": ["d1", "d99"]}}, numbers(1)),
    ({"exists": {"field": "message"}}, EVERY),
    ({"exists": {"field": "kubernetes"}}, EVERY),
    ({"exists": {"field": "nope"}}, set()),
    ({"range": {"@timestamp": {"gte": "2026-11-20T11:28", "lt": "now"}}}, numbers(28, 29)),
    ({"range": {"@timestamp": {"gt": "2026-11-20T11:28:00.028Z"}}}, numbers(29)),
    ({"range": {"@timestamp": {"lte": 1795172400000, "format": "epoch_millis"}}}, numbers(0)),
    ({"range": {"fields.took": {"gt": 1, "lte": 2.5}}}, numbers(3, 4, 5)),
    ({"range": {"fields.status": {"gte": 403.5}}}, numbers(*range(4, 30, 5))),
    ({"range": {"kubernetes.pod": {"gte": "cart-2", "lt": "cart-3"}}}, numbers(*range(2, 30, 4))),
    ({"range": {"fields.seen": {"gte": "2026-11-03", "lte": "2026-11-03"}}}, numbers(*range(2, 30, 3))),
    ({"prefix": {"kubernetes.pod": "cart-3"}}, numbers(*range(3, 30, 4))),
    ({"wildcard": {"kubernetes.pod": {"value": "*-?"}}}, EVERY),
    ({"wildcard": {"message": "tim*"}}, ODD),
    ({"regexp": {"kubernetes.pod": "cart-[01]"}}, numbers(*(n for n in range(30) if n % 4 in (0, 1)))),
    ({"match": {"message": "done 7"}}, (EVERY - ODD) | numbers(7)),
    ({"match": {"message": {"query": "timed 7", "operator": "and"}}}, numbers(7)),
    ({"match": {"message": {"query": "request timed zebra", "minimum_should_match": 2}}}, ODD),
    ({"match": {"message": "user_2"}}, numbers(*(n for n in range(1, 30, 2) if n % 3 == 2))),
    ({"match": {"message": "数据"}}, ODD),
    ({"match_phrase": {"message": "数据库 超时"}}, ODD),
    ({"match_phrase": {"message": "out timed"}}, set()),
    ({"match_phrase": {"message": {"query": "request timed", "slop": 1}}}, ODD),
    ({"match_phrase_prefix": {"message": "request 1"}}, numbers(1, *range(10, 20))),
    ({"multi_match": {"query": "error", "fields": ["message", "lev*"]}}, numbers(*range(2, 30, 3))),
    ({"fuzzy": {"message": "tined"}}, ODD),
    ({"constant_score": {"filter": {"term": {"level": "warn"}}}}, numbers(*range(1, 30, 3))),
    ({"bool": {"must_not": {"term": {"level": "info"}}}}, EVERY - numbers(*range(0, 30, 3))),
    ({"bool": {"should": [{"ids": {"values": ["d1"]}}, {"ids": {"values": ["d2"]}}]}}, numbers(1, 2)),
    ({"bool": {"filter": [{"match": {"message": "done"}}], "should": [{"term": {"level": "warn"}}]}}, EVERY - ODD),
    ({"bool": {"must": [], "filter": []}}, EVERY),
    ({"query_string": {"query": "level:error AND message:(timed OR nope) AND NOT kubernetes.pod:cart-1"}},
     numbers(*(n for n in range(30) if n % 3 == 2 and n % 2 and n % 4 != 1))),
    ({"query_string": {"query": "fields.status:[400 TO 401] fields.took:>=14"}},
     numbers(*(n for n in range(30) if n % 5 < 2 or n >= 28))),
    ({"query_string": {"query": "cart-2"}}, numbers(*range(2, 30, 4))),
    ({"query_string": {"query": '"timed out"', "default_field": "message"}}, ODD),
    ({"query_string": {"query": "*"}}, EVERY),
    ({"query_string": {"query": "*imed"}}, ODD),
    ({"query_string": {"query": "_exists_:level -level:/info|warn/"}}, numbers(*range(2, 30, 3))),
    ({"query_string": {"query": "timed -level:error", "default_operator": "and"}}, ODD - numbers(*range(2, 30, 3))),
    ({"simple_query_string": {"query": "timed + -error", "fields": ["message", "level"]}}, ODD - numbers(*range(2, 30, 3))),
    ({"simple_query_string": {"query": '"request 3" | ((done'}}, numbers(3) | (EVERY - ODD)),
]  # fmt: skip


async def test_what_each_clause_finds(filled: Bench) -> None:
    wrong = [(query, sorted(got ^ want)) for query, want in CASES if (got := await filled.ids(query)) != want]
    assert wrong == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"nested": {}}, "unknown query \\[nested\\]"),
        ({"term": {"a": 1, "b": 2}}, "doesn't support multiple fields"),
        ({"bool": {"must": [], "moust": []}}, "does not support \\[moust\\]"),
        ({"range": {"@timestamp": {"gte": "soon"}}}, "failed to parse date field"),
        ({"range": {"fields.took": {"gte": "many"}}}, "For input string"),
        ({}, "empty clause"),
        ({"match": {}}, "no field given"),
        ({"query_string": {"query": "(a"}}, "Failed to parse query"),
    ],
)
async def test_what_is_refused(filled: Bench, query: dict[str, Any], reason: str) -> None:
    with pytest.raises(ElasticError, match=reason):
        await filled.search(query=query) if query else await filled.ids({"bool": {"must": [{}]}})
