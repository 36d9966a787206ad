import asyncio
import threading
from typing import Any

import pytest

from collector.queries import Queries
from collector.rules.group import evaluate_group
from tests.support.collector_api import NOW_S, FixedClock, api_client, api_context, groups_of, storage_with

SERIES = (
    'hits{job="a", code="200"} 0+10x10',
    'hits{job="a", code="500"} 0+1x10',
    'temp{room="b\\"ad"} 20 _ _ NaN 21 21 21 21 21 21 21',
    '{"dotted.name", "label name"="ü"} 7x10',
)
RULES = """
groups:
- name: records
  interval: 30s
  rules:
  - {record: "job:hits:sum", expr: sum by (job) (hits), labels: {team: x}}
- name: alerts
  rules:
  - {alert: Many, expr: hits > 50, labels: {severity: page}, annotations: {text: "{{ $value }} of {{ $labels.code }}"}}
  - {alert: Never, expr: hits > 1e9, for: 5m}
"""


async def ask(path: str, **parameters: Any) -> tuple[int, Any]:
    async with api_client(api_context(storage_with(*SERIES))) as client:
        answer = await client.get(f"/api/v1/{path}", params=parameters)
        return answer.status_code, answer.json()


async def test_an_instant_query() -> None:
    code, body = await ask("query", query='hits{code="200"}', time=NOW_S)
    assert code == 200
    metric = {"__name__": "hits", "code": "200", "job": "a"}
    assert body == {
        "status": "success",
        "data": {"resultType": "vector", "result": [{"metric": metric, "value": [NOW_S, "100"]}]},
    }


async def test_scalars_and_texts() -> None:
    assert (await ask("query", query="1+1", time=5))[1]["data"] == {"resultType": "scalar", "result": [5, "2"]}
    assert (await ask("query", query='"hi"', time=5))[1]["data"] == {"resultType": "string", "result": [5, "hi"]}


async def test_a_range_query_leaves_out_absent_samples() -> None:
    code, body = await ask(
        "query_range", query="temp", start=NOW_S - 300, end=NOW_S - 180, step=30, lookback_delta="20s"
    )
    assert code == 200
    assert body["data"]["result"] == [
        {
            "metric": {"__name__": "temp", "room": 'b"ad'},
            "values": [[NOW_S - 300, "20"], [NOW_S - 210, "NaN"], [NOW_S - 180, "21"]],
        }
    ]


async def test_a_range_selector_gives_raw_samples() -> None:
    _, body = await ask("query", query='hits{code="500"}[1m]', time=NOW_S)
    assert body["data"]["resultType"] == "matrix"
    assert body["data"]["result"][0]["values"] == [[NOW_S - 30, "9"], [NOW_S, "10"]]


async def test_limits_truncate_with_a_warning() -> None:
    _, body = await ask("query", query="hits", time=NOW_S, limit=1)
    assert len(body["data"]["result"]) == 1
    assert body["warnings"] == ["results truncated due to limit"]


async def test_statistics_come_when_asked_for() -> None:
    _, body = await ask("query", query="hits", time=NOW_S, stats="true")
    assert body["data"]["stats"]["samples"]["totalQueryableSamples"] == 2


@pytest.mark.parametrize(
    ("path", "parameters", "code", "kind", "text"),
    [
        ("query", {"query": "sum("}, 400, "bad_data", 'invalid parameter "query": 1:5: parse error'),
        ("query", {"query": "hits", "time": "x"}, 400, "bad_data", 'invalid parameter "time"'),
        ("query", {"query": "hits + on(job) hits"}, 422, "execution", "many-to-many"),
        ("query", {"query": "1", "timeout": "x"}, 400, "bad_data", "valid duration"),
        ("query_range", {"query": "1", "start": 1, "end": 0, "step": 1}, 400, "bad_data", "must not be before"),
        ("query_range", {"query": "1", "start": 0, "end": 1, "step": 0}, 400, "bad_data", "zero or negative"),
        ("query_range", {"query": "1", "start": 0, "end": 20_000, "step": 1}, 400, "bad_data", "11,000 points"),
        ("query_range", {"query": '"x"', "start": 0, "end": 1, "step": 1}, 400, "bad_data", "invalid expression type"),
        ("series", {}, 400, "bad_data", "no match[] parameter provided"),
        ("labels", {"match[]": "{"}, 400, "bad_data", "parse error"),
        ("rules", {"type": "zzz"}, 400, "bad_data", 'not supported value "zzz"'),
        ("rules", {"group_next_token": "x"}, 400, "bad_data", "group_limit needs to be present"),
        ("status/tsdb", {"limit": "0"}, 400, "bad_data", "limit"),
        ("query_exemplars", {"query": "hits", "start": 5, "end": 1}, 400, "bad_data", "must not be before"),
    ],
)
async def test_errors(path: str, parameters: dict[str, Any], code: int, kind: str, text: str) -> None:
    found, body = await ask(path, **{"time": NOW_S, **parameters})
    assert (found, body["status"], body["errorType"]) == (code, "error", kind)
    assert text in body["error"]


async def test_series_and_labels() -> None:
    _, body = await ask("series", **{"match[]": 'hits{code="200"}'})
    assert body["data"] == [{"__name__": "hits", "code": "200", "job": "a"}]
    _, body = await ask("labels")
    assert body["data"] == ["__name__", "code", "job", "label name", "room"]
    _, body = await ask("label/code/values", limit=1)
    assert (body["data"], body["warnings"]) == (["200"], ["results truncated due to limit"])
    _, body = await ask("label/U__label_20_name/values")
    assert body["data"] == ["ü"]


async def test_metadata_and_targets() -> None:
    _, body = await ask("metadata", limit_per_metric=1)
    assert body["data"]["hits"] == [{"type": "counter", "help": "Hits.", "unit": ""}]
    _, body = await ask("targets/metadata", metric="temp")
    assert body["data"] == [{"target": {"job": "b"}, "type": "gauge", "help": "Temperature.", "unit": "celsius"}]
    _, body = await ask("targets", state="dropped")
    assert (body["data"]["activeTargets"], len(body["data"]["droppedTargets"])) == ([], 1)


async def test_status_pages() -> None:
    _, body = await ask("status/tsdb")
    assert body["data"]["headStats"]["numSeries"] == 2
    assert body["data"]["seriesCountByMetricName"] == [{"name": "hits", "value": 2}]
    assert (await ask("status/walreplay"))[1]["data"] == {"min": 1, "max": 3, "current": 2}
    assert (await ask("status/runtimeinfo"))[1]["data"]["reloadConfigSuccess"] is True
    assert (await ask("status/tsdb/blocks"))[1]["data"]["blocks"][0]["ulid"] == "01ABC"
    assert (await ask("status/active_queries"))[1]["data"] == {"queries": []}
    assert (await ask("features"))[1]["data"]["api"]["columns"] is True


async def test_exemplars() -> None:
    _, body = await ask("query_exemplars", query="hits", start=0, end=NOW_S)
    assert body["data"] == [
        {
            "seriesLabels": {"__name__": "hits"},
            "exemplars": [{"labels": {"trace_id": "abc"}, "value": "1.5", "timestamp": 999.0}],
        }
    ]


async def test_rules_and_alerts() -> None:
    store = storage_with(*SERIES)
    queries = Queries.over(store, frozenset())
    groups = groups_of(RULES, queries)
    for group in groups:
        evaluate_group(group, int(NOW_S * 1000), queries.for_rules, lambda *_: None, FixedClock())
    async with api_client(api_context(store, rules=groups)) as client:
        body = (await client.get("/api/v1/rules")).json()["data"]["groups"]
        assert [group["name"] for group in body] == ["records", "alerts"]
        assert body[0]["rules"][0]["labels"] == {"team": "x"}
        alert = body[1]["rules"][0]["alerts"][0]
        assert alert["annotations"] == {"text": "100 of 200"}
        assert (alert["state"], alert["value"]) == ("firing", "1e+02")
        one = (await client.get("/api/v1/rules", params={"type": "alert", "rule_name[]": "Never"})).json()["data"]
        assert [rule["name"] for group in one["groups"] for rule in group["rules"]] == ["Never"]
        page = (await client.get("/api/v1/rules", params={"group_limit": 1})).json()["data"]
        rest = {"group_limit": 1, "group_next_token": page["groupNextToken"]}
        assert (await client.get("/api/v1/rules", params=rest)).json()["data"]["groups"][0]["name"] == "alerts"
        matched = (await client.get("/api/v1/rules", params={"match[]": '{severity="page"}'})).json()["data"]
        assert [rule["name"] for group in matched["groups"] for rule in group["rules"]] == ["Many"]
        assert len((await client.get("/api/v1/alerts")).json()["data"]["alerts"]) == 1
        assert (await client.get("/api/v1/alertmanagers")).json()["data"]["activeAlertmanagers"] == [
            {"url": "http://am:9093/api/v2/alerts"}
        ]


async def test_forms_cors_and_compression() -> None:
    async with api_client(api_context(storage_with(*SERIES))) as client:
        posted = await client.post("/api/v1/query", data={"query": "1", "time": "5"}, headers={"Origin": "http://a.b"})
        assert posted.json()["data"]["result"] == [5, "1"]
        assert posted.headers["Access-Control-Allow-Origin"] == "http://a.b"
        assert (await client.options("/api/v1/query")).status_code == 204
        assert (await client.put("/api/v1/query")).status_code == 405
        assert (await client.get("/api/v1/zzz")).status_code == 404
        zipped = await client.get("/api/v1/features", headers={"Accept-Encoding": "gzip"})
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert "promql_functions" in zipped.json()["data"]


async def test_administration_needs_its_flag() -> None:
    store = storage_with(*SERIES)
    async with api_client(api_context(store)) as client:
        refused = await client.post("/api/v1/admin/tsdb/snapshot")
        assert refused.json()["error"] == "admin APIs disabled"
    async with api_client(api_context(store, admin=True)) as client:
        assert (await client.post("/api/v1/admin/tsdb/delete_series", params={"match[]": "hits"})).status_code == 204
        assert (await client.post("/api/v1/admin/tsdb/clean_tombstones")).status_code == 204
        named = await client.post("/api/v1/admin/tsdb/snapshot", params={"skip_head": "true"})
        assert named.json()["data"] == {"name": "20260101T000000Z-1"}
    assert store.calls == [("delete", ['__name__="hits"']), ("clean",), ("snapshot", True)]


async def test_nothing_is_answered_before_the_server_is_ready() -> None:
    context = api_context(storage_with(*SERIES))
    context.state.ready = False
    async with api_client(context) as client:
        assert (await client.get("/api/v1/query", params={"query": "1"})).status_code == 503
        assert (await client.get("/api/v1/status/walreplay")).status_code == 200


async def test_federation_adds_external_labels_and_an_instance() -> None:
    context = api_context(storage_with('hits{job="a"} 1 2 3', start_s=NOW_S - 60), "global: {external_labels: {dc: x}}")
    async with api_client(context) as client:
        page = (await client.get("/federate", params={"match[]": "hits"})).text
        assert page == f'# TYPE hits untyped\nhits{{job="a",dc="x",instance=""}} 3 {int(NOW_S * 1000)}\n'
        assert (await client.get("/federate", params={"match[]": "{"})).status_code == 400


async def test_a_backtest_tells_when_alerts_would_have_fired() -> None:
    rules = """
groups:
- name: g
  rules:
  - {record: "total", expr: sum(hits)}
  - {alert: High, expr: total > 40, for: 1m, labels: {x: "{{ $value }}"}}
"""
    async with api_client(api_context(storage_with(*SERIES))) as client:
        form = {"rules": rules, "start": NOW_S - 300, "end": NOW_S, "step": 30}
        body = (await client.post("/api/v1/rules/backtest", data=form)).json()["data"]
        assert (body["rules"][0]["series"], body["rules"][0]["samples"]) == (1, 11)
        alert = body["rules"][1]["alerts"][0]
        assert alert["labels"] == {"alertname": "High", "x": "66"}
        assert alert["periods"] == [
            {"state": "pending", "start": NOW_S - 180, "end": NOW_S - 120, "open": False},
            {"state": "firing", "start": NOW_S - 120, "end": NOW_S + 30, "open": True},
        ]
        bad = await client.post("/api/v1/rules/backtest", data={"rules": "groups: [{name: g, rulez: []}]"})
        assert "did you mean 'rules'" in bad.json()["error"]


async def test_a_mistake_of_ours_is_an_internal_error() -> None:
    context = api_context(storage_with(*SERIES))
    context.targets = None  # type: ignore[assignment]
    async with api_client(context) as client:
        answer = await client.get("/api/v1/scrape_pools")
        assert (answer.status_code, answer.json()["errorType"]) == (500, "internal")


@pytest.mark.parametrize(
    ("path", "parameters", "found"),
    [
        ("query", {"query": "count(hits)", "time": NOW_S}, '[{"metric":{},"value":[1000000,"2"]}]'),
        ("query_range", {"query": "1", "start": 0, "end": 0, "step": 1}, '[{"metric":{},"values":[[0,"1"]]}]'),
        ("labels", {}, '["__name__","code","job"]'),
        ("label/code/values", {}, '["200","500"]'),
        ("series", {"match[]": 'hits{code="500"}'}, '[{"__name__":"hits","code":"500","job":"a"}]'),
    ],
)
async def test_light_questions_are_answered_while_all_workers_are_busy(
    path: str, parameters: dict[str, Any], found: str
) -> None:
    context = api_context(storage_with(*SERIES[:2]))
    done = threading.Event()
    busy = [asyncio.create_task(context.runner.call(done.wait)) for _ in range(2)]
    try:
        async with api_client(context) as client:
            answer = await client.get(f"/api/v1/{path}", params=parameters)
    finally:
        done.set()
        await asyncio.gather(*busy)
    assert found in answer.text


async def test_deep_expressions_are_answered_and_too_deep_ones_refused() -> None:
    for path in ("query", "parse_query", "format_query"):
        assert (await ask(path, query="abs(" * 500 + "hits" + ")" * 500))[0] == 200
        code, body = await ask(path, query="abs(" * 1500 + "hits" + ")" * 1500)
        assert (code, body["errorType"]) == (400, "bad_data")
        assert "nested more than 1000 levels deep" in body["error"]
