"""The Prometheus API as columns."""

import json
import math

import httpx
import pytest

from dashboards.model.timerange import TimeRange
from dashboards.sources.base import SourceConfig, SourceError
from dashboards.sources.prometheus import PrometheusSource, instant_frame, range_frame

SPAN = TimeRange(0, 30_000)


def source(handler: httpx.MockTransport) -> PrometheusSource:
    return PrometheusSource(SourceConfig("p", "Metrics", "prometheus", "http://metrics:9090"), handler)


def answering(status: int, body: object) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, content=json.dumps(body)))


def test_a_matrix_lies_on_the_grid_with_gaps() -> None:
    data = {
        "result": [
            {"metric": {"i": "b"}, "values": [[0, "1"], [30, "+Inf"]]},
            {"metric": {"i": "a"}, "values": [[15, "NaN"]]},
        ]
    }
    frame = range_frame(data, SPAN, 15_000)
    assert [series.labels["i"] for series in frame.series] == ["a", "b"]
    assert frame.length == 3
    first, gap, last = frame.series[1].values
    assert (first, last) == (1, math.inf)
    assert math.isnan(gap)


def test_a_vector_keeps_its_order() -> None:
    data = {
        "resultType": "vector",
        "result": [{"metric": {"i": "b"}, "value": [5, "2"]}, {"metric": {"i": "a"}, "value": [5, "1"]}],
    }
    assert [series.values for series in instant_frame(data, 5000).series] == [[2.0], [1.0]]


def test_a_scalar_is_one_nameless_series() -> None:
    assert instant_frame({"resultType": "scalar", "result": [5, "7"]}, 5000).series[0].values == [7.0]


async def test_a_query_is_sent_with_its_span() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            200, json={"status": "success", "data": {"resultType": "matrix", "result": []}, "warnings": ["w"]}
        )

    frame = await source(httpx.MockTransport(handler)).query_range("up", SPAN, 15_000)
    assert frame.warnings == ("w",)
    assert seen[0].url.path == "/api/v1/query_range"
    assert seen[0].content == b"query=up&start=0.000&end=30.000&step=15.000"


async def test_the_servers_own_words_are_kept() -> None:
    failing = source(answering(400, {"status": "error", "error": "1:3: parse error: x"}))
    with pytest.raises(SourceError, match="1:3: parse error") as caught:
        await failing.query_instant("up{", 0)
    assert (caught.value.kind, caught.value.status) == ("refused", 400)


async def test_a_server_that_is_down_is_unreachable() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    with pytest.raises(SourceError, match="Metrics cannot be reached at http://metrics:9090") as caught:
        await source(httpx.MockTransport(refuse)).query_instant("up", 0)
    assert caught.value.kind == "unreachable"


async def test_a_slow_server_is_unreachable_too() -> None:
    def wait(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with pytest.raises(SourceError, match="did not answer within 30 s") as caught:
        await source(httpx.MockTransport(wait)).query_instant("up", 0)
    assert caught.value.status == 504


async def test_another_kind_of_server_is_recognised() -> None:
    with pytest.raises(SourceError, match="does not speak Prometheus's API"):
        await source(answering(200, {"hello": 1})).query_instant("up", 0)
    with pytest.raises(SourceError, match="answered 200"):
        await source(httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))).query_instant("up", 0)


async def test_label_values_may_be_restricted() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"status": "success", "data": ["a"]})

    assert await source(httpx.MockTransport(handler)).label_values("i", 'up{j="x"}', SPAN) == ["a"]
    assert seen[0].url.params["match[]"] == 'up{j="x"}'
