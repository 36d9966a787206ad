"""Log searches."""

import math

from dashboards.model.timerange import TimeRange
from dashboards.sources.elasticsearch import (
    Filter,
    LogSearch,
    bool_query,
    flatten,
    histogram_interval,
    normal_level,
    panel_body,
    panel_frame,
    read_page,
    search_body,
)

SPAN = TimeRange(0, 60_000)


def test_pills_and_text_become_one_query() -> None:
    query = bool_query(
        SPAN, "level:error x", [Filter("service", "a"), Filter("host", "b", negate=True), Filter("pod", None)]
    )["bool"]
    assert query["filter"][1:] == [{"term": {"service": "a"}}, {"exists": {"field": "pod"}}]
    assert query["must_not"] == [{"term": {"host": "b"}}]
    assert query["must"][0]["query_string"]["query"] == "level:error x"
    assert "must" not in bool_query(SPAN, " * ")["bool"]


def test_a_page_asks_for_histogram_and_values_only_when_wanted() -> None:
    whole = search_body(LogSearch(SPAN, "x"), 1000)
    assert whole["aggs"]["over_time"]["date_histogram"]["fixed_interval"] == "1s"
    assert "top:service" in whole["aggs"]
    assert "highlight" in whole
    more = search_body(LogSearch(SPAN, after=(1, 2), ascending=True, summary=False, size=5000), 1000)
    assert "aggs" not in more
    assert more["search_after"] == [1, 2]
    assert more["sort"][0] == {"@timestamp": "asc"}
    assert more["size"] == 1000


def test_an_answer_is_read() -> None:
    answer = {
        "hits": {
            "total": {"value": 12},
            "hits": [
                {
                    "_id": "a",
                    "_source": {"message": "boom", "level": "WARNING", "log": {"file": {"path": "/x"}}},
                    "sort": [5000, 1],
                    "highlight": {"message": ["\ue000boom\ue001"]},
                }
            ],
        },
        "aggregations": {
            "over_time": {
                "buckets": [
                    {
                        "key": 0,
                        "by": {"buckets": [{"key": "error", "doc_count": 2}, {"key": "warning", "doc_count": 1}]},
                    },
                    {"key": 1000, "by": {"buckets": [{"key": "warn", "doc_count": 3}]}},
                ]
            },
            "top:service": {"buckets": [{"key": "api", "doc_count": 7}]},
            "top:host": {"buckets": []},
        },
    }
    page = read_page(answer, 1000)
    assert page.total == 12
    assert page.levels == {"error": [2, 0], "warn": [1, 3]}
    assert page.facets == {"service": [("api", 7)]}
    line = page.lines[0]
    assert (line.id, line.time_ms, line.level, line.message) == ("a", 5000, "warn", "\ue000boom\ue001")
    assert line.fields["log.file.path"] == "/x"


def test_levels_have_one_name() -> None:
    assert [normal_level(text) for text in ("ERR", "Critical", "notice", None, "loud")] == [
        "error",
        "fatal",
        "info",
        "unknown",
        "unknown",
    ]


def test_objects_are_flat() -> None:
    assert flatten({"a": {"b": 1, "c": {"d": [2]}}}) == {"a.b": 1, "a.c.d": [2]}


def test_bars_are_round_and_never_under_a_second() -> None:
    assert histogram_interval(TimeRange(0, 3_600_000)) == 60_000
    assert histogram_interval(TimeRange(0, 5_000)) == 1000


TARGET = {
    "metrics": [{"type": "count"}],
    "bucketAggs": [{"type": "terms", "field": "level"}, {"type": "date_histogram"}],
}


def test_a_panel_counts_by_term_over_time() -> None:
    body = panel_body(TARGET, "*", SPAN, 30_000)
    assert body["aggs"]["by"]["aggs"]["over_time"]["date_histogram"]["fixed_interval"] == "30s"
    inner = {"buckets": [{"key": 30_000, "doc_count": 4}]}
    answer = {"aggregations": {"by": {"buckets": [{"key": "info", "doc_count": 4, "over_time": inner}]}}}
    frame = panel_frame(TARGET, answer, SPAN, 30_000)
    assert frame.series[0].labels == {"level": "info"}
    assert frame.series[0].values == [0.0, 4.0, 0.0]


def test_a_panel_may_count_without_time() -> None:
    target = {"bucketAggs": [{"type": "terms", "field": "service", "settings": {"size": "5"}}]}
    frame = panel_frame(target, {"aggregations": {"by": {"buckets": [{"key": "a", "doc_count": 3}]}}}, SPAN, 1000)
    assert frame.length == 1
    assert frame.series[0].values == [3.0]
    assert not math.isnan(frame.series[0].values[0])


def test_a_panel_may_show_the_lines_themselves() -> None:
    assert panel_body({"metrics": [{"type": "logs"}]}, "x", SPAN, 1000)["size"] == 100
