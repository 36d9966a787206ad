"""Variables resolved against a source."""

import asyncio
from pathlib import Path

import orjson
import pytest

from dashboards.api.variables import VariablesApi
from dashboards.model.store import DashboardStore
from pharos.clock import SystemClock
from tests.unit.dashboards.api.support import Api


def store(folder: Path, *variables: dict[str, object]) -> DashboardStore:
    (folder / "d.json").write_bytes(
        orjson.dumps({"uid": "d", "title": "D", "panels": [], "templating": {"list": list(variables)}})
    )
    return DashboardStore(folder)


async def test_chained_variables_are_resolved_in_order(tmp_path: Path) -> None:
    api = Api(
        store=store(
            tmp_path,
            {"name": "ds", "type": "datasource", "query": "prometheus"},
            {"name": "job", "type": "query", "query": "label_values(job)", "datasource": {"uid": "${ds}"}},
            {
                "name": "i",
                "type": "query",
                "query": {"query": 'label_values(up{job="$job"}, instance)'},
                "multi": True,
                "includeAll": True,
            },
            {"name": "n", "type": "interval", "query": "1m,5m"},
            {"name": "text", "type": "textbox", "query": "hello"},
        )
    )
    answer = await api.post("/api/dashboards/variables", {"uid": "d", "values": {"i": ["b:9100"], "n": ["5m"]}})
    ds, job, instance, interval, text = answer.json()
    assert ds["values"] == ["prometheus"]
    assert job["current"] == ["node"]
    assert instance["options"] == [["a:9100", "a:9100"], ["b:9100", "b:9100"]]
    assert (instance["current"], instance["multi"]) == (["b:9100"], True)
    assert interval["current"] == ["5m"]
    assert text["values"] == ["hello"]


async def test_other_queries_are_understood(tmp_path: Path) -> None:
    api = Api(
        store=store(
            tmp_path,
            {"name": "names", "type": "query", "query": "label_names()"},
            {"name": "metrics", "type": "query", "query": "metrics(node_.*)"},
            {"name": "result", "type": "query", "query": "query_result(series_1)", "regex": '/instance="([^"]+)"/'},
        )
    )
    names, metrics, result = (await api.post("/api/dashboards/variables", {"uid": "d"})).json()
    assert names["options"][0] == ["__name__", "__name__"]
    assert [option[0] for option in metrics["options"]] == ["node_cpu_seconds_total", "node_load1"]
    assert result["options"] == [["host-0000", "host-0000"]]


async def test_a_variable_that_cannot_be_asked_says_why(tmp_path: Path) -> None:
    api = Api(
        store=store(
            tmp_path,
            {"name": "a", "type": "query", "query": "show tables"},
            {"name": "b", "type": "query", "query": "label_values(x)", "datasource": "logs"},
            {"name": "c", "type": "datasource", "query": "mysql"},
        )
    )
    errors = [variable["error"] for variable in (await api.post("/api/dashboards/variables", {"uid": "d"})).json()]
    assert "expected label_values" in errors[0]
    assert "offers no values" in errors[1]
    assert errors[2] == "no data source of type mysql"


async def test_a_source_that_hangs_costs_no_more_than_the_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = store(tmp_path, *({"name": n, "type": "query", "query": f"label_values({n})"} for n in ("a", "b")))
    api = Api(store=held)

    async def never(*_: object) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(api.services.sources.prometheus, "label_values", never)
    dashboard = held.get("d")
    assert dashboard is not None
    resolver = VariablesApi(held, api.services.sources, SystemClock())
    resolved = await resolver.resolve(dashboard, {}, "now-1h", "now", 0.01)
    assert [variable["error"] for variable in resolved] == ["the data source did not answer in time"] * 2


async def test_bad_requests_are_refused() -> None:
    api = Api()
    assert (await api.post("/api/dashboards/variables", {"uid": "nope"})).status_code == 404
    assert (await api.post("/api/dashboards/variables", {"uid": "node", "from": "soon"})).status_code == 400
    assert (await api.post("/api/dashboards/variables", {})).status_code == 400
