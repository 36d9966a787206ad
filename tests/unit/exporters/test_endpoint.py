import asyncio
from collections.abc import Iterable

import pytest
from isal import igzip

from exporters.endpoint import BadQueryError, MetricsEndpoint
from pharos.exposition import Metric, gauge
from pharos.http.connection import Request


async def page(endpoint: MetricsEndpoint) -> str:
    body = (await endpoint.serve(Request())).body
    assert isinstance(body, bytes)
    return body.decode()


async def big(_: Request) -> Iterable[Metric]:
    family = gauge("x", "Many.")
    for index in range(500):
        family.add(index, {"n": str(index)})
    return [family]


async def test_the_page_in_the_text_format() -> None:
    endpoint = MetricsEndpoint(big)
    assert (await endpoint.serve(Request())).content_type.startswith("text/plain; version=0.0.4")
    text = await page(endpoint)
    assert 'x{n="499"} 499\n' in text
    assert "process_cpu_seconds_total" in text


async def test_gzip_when_the_client_takes_it() -> None:
    answer = await MetricsEndpoint(big).serve(Request(headers={"accept-encoding": "gzip"}))
    assert answer.headers["content-encoding"] == "gzip"
    assert isinstance(answer.body, bytes)
    assert b'x{n="499"} 499\n' in igzip.decompress(answer.body)


async def test_scrapes_are_counted() -> None:
    endpoint = MetricsEndpoint(big)
    await endpoint.serve(Request())
    text = await page(endpoint)
    assert 'promhttp_metric_handler_requests_total{code="200"} 1\n' in text
    assert "promhttp_metric_handler_requests_in_flight 1\n" in text


async def test_own_metrics_can_be_left_out() -> None:
    assert "process_" not in await page(MetricsEndpoint(big, own_metrics=False))


async def test_a_bad_query_is_the_clients_fault() -> None:
    async def refuse(_: Request) -> Iterable[Metric]:
        raise BadQueryError("missing collector: nope")

    answer = await MetricsEndpoint(refuse).serve(Request())
    assert (answer.status, answer.body) == (400, "missing collector: nope\n")


async def test_too_many_at_once_are_sent_away() -> None:
    release = asyncio.Event()

    async def slow(_: Request) -> Iterable[Metric]:
        await release.wait()
        return []

    endpoint = MetricsEndpoint(slow, max_requests=1)
    first = asyncio.create_task(endpoint.serve(Request()))
    await asyncio.sleep(0)
    answer = await endpoint.serve(Request())
    assert (answer.status, "Limit of concurrent requests reached (1)" in str(answer.body)) == (503, True)
    release.set()
    assert (await first).status == 200


async def test_a_failure_is_counted() -> None:
    calls = iter([RuntimeError("broken")])

    async def fail_once(request: Request) -> Iterable[Metric]:
        for problem in calls:
            raise problem
        return await big(request)

    endpoint = MetricsEndpoint(fail_once)
    with pytest.raises(RuntimeError):
        await endpoint.serve(Request())
    assert 'promhttp_metric_handler_requests_total{code="500"} 1\n' in await page(endpoint)
