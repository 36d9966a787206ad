"""The table of the API."""

from tests.unit.dashboards.api.support import Api


async def test_an_unknown_endpoint_is_a_json_404() -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = await Api().client.request(method, "/api/nope/x")
        assert answer.status_code == 404
        assert answer.json()["error"] == "unknown endpoint /api/nope/x"


async def test_health_tells_the_version() -> None:
    assert (await Api().client.get("/api/health")).json()["database"] == "ok"
