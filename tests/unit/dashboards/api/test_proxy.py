"""The data proxy lets through what a page reads, and nothing else."""

import pytest

from dashboards.api.proxy import allowed
from tests.unit.dashboards.api.support import Api


@pytest.mark.parametrize(
    ("kind", "method", "path"),
    [
        ("prometheus", "GET", "api/v1/query"),
        ("prometheus", "POST", "api/v1/query_range"),
        ("prometheus", "GET", "api/v1/label/job/values"),
        ("elasticsearch", "POST", "logs-*/_search"),
        ("alertmanager", "DELETE", "api/v2/silence/abc-1"),
    ],
)
def test_reading_is_allowed(kind: str, method: str, path: str) -> None:
    assert allowed(kind, method, path)


@pytest.mark.parametrize(
    ("kind", "method", "path"),
    [
        ("prometheus", "POST", "api/v1/admin/tsdb/delete_series"),
        ("prometheus", "POST", "-/reload"),
        ("prometheus", "GET", "api/v1/query/../admin"),
        ("prometheus", "GET", "metrics"),
        ("elasticsearch", "DELETE", "logs-pharos-default"),
        ("elasticsearch", "POST", "_bulk"),
        ("alertmanager", "POST", "api/v2/alerts"),
        ("unknown", "GET", "api/v1/query"),
    ],
)
def test_the_rest_is_not(kind: str, method: str, path: str) -> None:
    assert not allowed(kind, method, path)


async def test_a_request_is_passed_on() -> None:
    api = Api()
    answer = await api.client.get("/api/datasources/proxy/uid/prometheus/api/v1/label/job/values")
    assert answer.json() == {"status": "success", "data": ["node"]}


async def test_an_error_of_the_source_keeps_its_status() -> None:
    answer = await Api().client.get("/api/datasources/proxy/uid/prometheus/api/v1/query", params={"query": "broken"})
    assert answer.status_code == 400
    assert "parse error" in answer.json()["error"]


async def test_unknown_sources_and_paths_are_refused() -> None:
    api = Api()
    assert (await api.client.get("/api/datasources/proxy/uid/nope/x")).status_code == 404
    assert (await api.client.get("/api/datasources/proxy/uid/prometheus/metrics")).status_code == 403
