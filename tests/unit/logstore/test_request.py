"""Search requests: read, checked, and refused by name."""

import pytest

from logstore.errors import ElasticError
from logstore.request import SortKey, parse_request


def test_sort_in_all_its_spellings() -> None:
    request = parse_request(
        {"sort": ["a", {"b": "desc"}, {"c": {"order": "asc", "missing": "_first"}}, "d:desc", "_score"]}, {}
    )
    assert request.sort == (
        SortKey("a", False), SortKey("b", True), SortKey("c", False, "_first"), SortKey("d", True), SortKey("_score", True),
    )  # fmt: skip


def test_parameters_of_the_url() -> None:
    params = {"q": "x", "size": "3", "sort": "@timestamp:desc", "_source_includes": "a,b", "track_total_hits": "true"}
    request = parse_request({}, params)
    assert request.query == {"query_string": {"query": "x", "default_field": "*", "default_operator": "or"}}
    assert (request.size, request.total_limit) == (3, None)
    assert request.source == {"includes": ["a", "b"], "excludes": []}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"collapse": {"field": "a"}}, "collapse.*not supported"),
        ({"qurey": {}}, "unknown key \\[qurey\\]"),
        ({"size": -1}, "cannot be negative"),
        ({"from": 9000, "size": 2000}, "Result window is too large"),
        ({"sort": [{"_script": {}}]}, "not supported"),
        ({"sort": [{"a": "up"}]}, "Illegal sort order"),
    ],
)
def test_refusals(body: dict[str, object], reason: str) -> None:
    with pytest.raises(ElasticError, match=reason):
        parse_request(body, {})


def test_empty_extras_of_grafana_are_fine() -> None:
    parse_request({"script_fields": {}, "runtime_mappings": {}, "docvalue_fields": ["@timestamp"]}, {})
