"""The log page's endpoint."""

import pytest

from tests.unit.dashboards.api.support import Api


async def test_a_page_has_lines_histogram_and_values() -> None:
    api = Api()
    api.clock.at = api.stub.lines[-1]["@timestamp"] / 1000 + 1
    pill = {"field": "service", "value": "api"}
    page = (await api.post("/api/logs/search", {"query": "request", "filters": [pill], "size": 3})).json()
    assert page["total"] == 15
    assert len(page["lines"]) == 3
    assert sum(sum(counts) for counts in page["levels"].values()) == 15
    assert page["facets"]["service"] == [["api", 15]]
    off = (await api.post("/api/logs/search", {"filters": [{**pill, "disabled": True}]})).json()
    assert off["total"] == 30
    inverted = (await api.post("/api/logs/search", {"filters": [{**pill, "negate": True}], "summary": False})).json()
    assert (inverted["total"], inverted["levels"]) == (15, {})


@pytest.mark.parametrize("body", [{"from": "soon"}, {"filters": [{}]}, {"size": "many"}, 3])
async def test_an_unreadable_request_is_refused(body: object) -> None:
    answer = await Api().post("/api/logs/search", body)
    assert answer.status_code == 400
    assert answer.json()["kind"] == "refused"
