"""Lists for scripts."""

from pathlib import Path

from dashboards.model.store import DashboardStore
from tests.unit.dashboards.api.support import Api


async def test_dashboards_are_found_and_read() -> None:
    api = Api()
    found = (await api.client.get("/api/search", params={"query": "pressure"})).json()
    assert [item["url"] for item in found] == ["/d/node/node"]
    whole = (await api.client.get("/api/dashboards/uid/node")).json()
    assert whole["dashboard"]["title"] == "Node"
    assert whole["meta"]["notes"] == []
    assert (await api.client.get("/api/dashboards/uid/nope")).status_code == 404


async def test_a_dashboard_leaves_as_it_came(tmp_path: Path) -> None:
    given = b'{"uid": "mine",  "title": "Old one", "rows": [{"panels": [{"type": "graph", "odd": 1.0}]}]}'
    (tmp_path / "mine.json").write_bytes(given)
    api = Api(store=DashboardStore(tmp_path))
    answer = await api.client.get("/api/dashboards/uid/mine/export")
    assert answer.content == given
    assert answer.headers["content-disposition"] == 'attachment; filename="old-one.json"'
    assert (await api.client.get("/api/dashboards/uid/nope/export")).status_code == 404


async def test_sources_are_listed_without_their_addresses() -> None:
    answer = await Api().client.get("/api/datasources")
    assert [item["uid"] for item in answer.json()] == ["prometheus", "logs", "alerting"]
    assert "http://" not in answer.text
