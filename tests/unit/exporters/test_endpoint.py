import asyncio
from collections.abc import Iterable

import httpx
import pytest
from isal import igzip
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from exporters.endpoint import BadQueryError, MetricsEndpoint
from pharos.exposition import Metric, gauge


def client(endpoint: MetricsEndpoint) -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/metrics", endpoint.serve)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exporter")


async def big(_: Request) -> Iterable[Metric]:
    family = gauge("x", "Many.")
    for index in range(500):
        family.add(index, {"n": str(index)})
    return [family]


async def test_the_page_in_the_text_format() -> None:
    async with client(MetricsEndpoint(big)) as http:
        answer = await http.get("/metrics", headers={"accept-encoding": "identity"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'x{n="499"} 499\n' in answer.text
    assert "process_cpu_seconds_total" in answer.text


async def test_gzip_when_the_client_takes_it() -> None:
    async with client(MetricsEndpoint(big)) as http:
        request = http.build_request("GET", "/metrics", headers={"accept-encoding": "gzip"})
        answer = await http.send(request, stream=True)
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert b'x{n="499"} 499\n' in igzip.decompress(raw)


async def test_scrapes_are_counted() -> None:
    async with client(MetricsEndpoint(big)) as http:
        await http.get("/metrics")
        page = (await http.get("/metrics")).text
    assert 'promhttp_metric_handler_requests_total{code="200"} 1\n' in page
    assert "promhttp_metric_handler_requests_in_flight 1\n" in page


async def test_own_metrics_can_be_left_out() -> None:
    async with client(MetricsEndpoint(big, own_metrics=False)) as http:
        assert "process_" not in (await http.get("/metrics")).text


async def test_a_bad_query_is_the_clients_fault() -> None:
    async def refuse(_: Request) -> Iterable[Metric]:
        raise BadQueryError("missing collector: nope")

    async with client(MetricsEndpoint(refuse)) as http:
        answer = await http.get("/metrics")
    assert (answer.status_code, answer.text) == (400, "missing collector: nope\n")


async def test_too_many_at_once_are_sent_away() -> None:
    release = asyncio.Event()

    async def slow(_: Request) -> Iterable[Metric]:
        await release.wait()
        return []

    async with client(MetricsEndpoint(slow, max_requests=1)) as http:
        first = asyncio.create_task(http.get("/metrics"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        while not release.is_set():
            answer = await http.get("/metrics")
            assert (answer.status_code, "Limit of concurrent requests reached (1)" in answer.text) == (503, True)
            release.set()
        assert (await first).status_code == 200


async def test_a_failure_is_counted() -> None:
    async def fail(_: Request) -> Iterable[Metric]:
        raise RuntimeError("broken")

    endpoint = MetricsEndpoint(fail)
    async with client(endpoint) as http:
        with pytest.raises(RuntimeError):
            await http.get("/metrics")
