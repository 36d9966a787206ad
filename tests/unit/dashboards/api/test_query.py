"""The batch query."""

import gzip
import json

import pytest

from dashboards.api.query import missing_part, own_span, read_query
from dashboards.model.timerange import TimeRange
from tests.unit.dashboards.api.support import Api

GRID = TimeRange(0, 600_000)


async def test_every_query_is_answered_on_its_line() -> None:
    api = Api()
    head, lines = await api.query(
        {"key": "a", "expr": "series_3", "maxDataPoints": 60},
        {"key": "b", "expr": "series_2", "instant": True, "legendFormat": "{{mode}}"},
        {"key": "c", "expr": "broken"},
        {"key": "d", "expr": " "},
    )
    assert head["to"] - head["from"] == 3_600_000
    assert (len(lines["a"]["series"]), lines["a"]["step"], lines["a"]["n"]) == (3, 60_000, 61)
    assert [series["name"] for series in lines["b"]["series"]] == ["m0", "m1"]
    assert lines["c"]["error"] == {
        "kind": "refused",
        "message": '1:1: parse error: unexpected identifier "broken"',
        "expr": "broken",
    }
    assert lines["d"]["error"]["message"] == "the query is empty"
    assert (
        api.registry.get_sample_value(
            "pharos_dashboards_queries_total", {"datasource": "prometheus", "result": "success"}
        )
        == 2
    )
    assert (
        api.registry.get_sample_value(
            "pharos_dashboards_queries_total", {"datasource": "prometheus", "result": "error"}
        )
        == 2
    )


async def test_variables_and_macros_are_filled_in_by_the_server() -> None:
    _, lines = await Api().query(
        {"key": "a", "expr": 'rate(x{i=~"$i"}[$__rate_interval])', "datasource": {"uid": "${ds}"}},
        variables={"i": {"values": ["a", "b.c"], "multi": True}, "ds": {"values": ["prometheus"]}},
    )
    assert lines["a"]["expr"] == r'rate(x{i=~"(a|b\\.c)"}[1m])'


async def test_a_refresh_brings_only_the_end() -> None:
    api = Api()
    query = {"key": "a", "expr": "series_2", "maxDataPoints": 60}
    _, lines = await api.query(query)
    first = lines["a"]
    held = {
        "first": first["t0"],
        "last": first["t0"] + (first["n"] - 1) * first["step"],
        "step": first["step"],
        "sig": first["sig"],
        "expr": first["expr"],
    }
    api.clock.at += 120
    _, lines = await api.query({**query, "held": held})
    assert lines["a"]["partial"] is True
    assert lines["a"]["n"] == 4
    assert "labels" not in lines["a"]["series"][0]
    _, lines = await api.query({**query, "held": {**held, "sig": "other"}})
    assert lines["a"]["partial"] is False
    assert lines["a"]["n"] == 61


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({}, GRID),
        ({"first": 0, "last": 540_000, "step": 60_000, "expr": "x"}, TimeRange(480_000, 600_000)),
        ({"first": 0, "last": 540_000, "step": 30_000, "expr": "x"}, GRID),
        ({"first": 0, "last": 540_000, "step": 60_000, "expr": "y"}, GRID),
        ({"first": 60_000, "last": 540_000, "step": 60_000, "expr": "x"}, GRID),
        ({"first": -600_000, "last": 0, "step": 60_000, "expr": "x"}, GRID),
        ({"first": 0, "last": 660_000, "step": 60_000, "expr": "x"}, GRID),
    ],
)
def test_only_what_fits_is_continued(held: dict[str, object], expected: TimeRange) -> None:
    query = read_query({"key": "a", "expr": "x", "held": held})
    assert missing_part(query, GRID, 60_000, "x") == expected


def test_a_panel_may_have_its_own_time() -> None:
    assert own_span(read_query({"key": "a", "timeFrom": "1m"}), GRID, 600_000) == TimeRange(540_000, 600_000)
    assert own_span(read_query({"key": "a", "timeShift": "5m"}), GRID, 600_000) == TimeRange(-300_000, 300_000)


async def test_logs_are_counted_and_listed() -> None:
    api = Api()
    api.clock.at = api.stub.lines[-1]["@timestamp"] / 1000 + 1
    buckets = [{"type": "terms", "field": "service"}, {"type": "date_histogram"}]
    _, lines = await api.query(
        {
            "key": "count",
            "query": "*",
            "datasource": {"type": "elasticsearch"},
            "metrics": [{"type": "count"}],
            "bucketAggs": buckets,
        },
        {"key": "lines", "query": "request 7", "datasource": "logs", "metrics": [{"type": "logs"}]},
    )
    assert sorted(series["name"] for series in lines["count"]["series"]) == ["api", "worker"]
    assert [line["message"] for line in lines["lines"]["lines"]] == ["request 7 served"]


async def test_alerting_cannot_be_queried_by_a_panel() -> None:
    _, lines = await Api().query({"key": "a", "expr": "x", "datasource": "alerting"})
    assert "cannot be queried" in lines["a"]["error"]["message"]


async def test_the_answer_is_compressed_line_by_line() -> None:
    api = Api()
    body = json.dumps({"queries": [{"key": "a", "expr": "up"}]})
    async with api.client.stream("POST", "/api/ds/query", content=body, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert len(gzip.decompress(raw).splitlines()) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [({"from": "soon"}, 400), ({"queries": [{}]}, 400), ([], 400), ({"queries": [{"key": "a"}] * 501}, 413)],
)
async def test_an_unreadable_request_is_refused(body: object, status: int) -> None:
    answer = await Api().post("/api/ds/query", body)
    assert answer.status_code == status
    assert answer.json()["error"]
