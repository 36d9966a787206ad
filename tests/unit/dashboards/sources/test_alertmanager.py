"""Alertmanager's API."""

import httpx
import pytest

from dashboards.sources.alertmanager import AlertmanagerSource
from dashboards.sources.base import SourceConfig, SourceError


def source(handler: object) -> AlertmanagerSource:
    config = SourceConfig("a", "Alerting", "alertmanager", "http://alerting:9093")
    return AlertmanagerSource(config, httpx.MockTransport(handler))  # type: ignore[arg-type]


async def test_silences_come_with_the_latest_end_first() -> None:
    answer = [{"id": "1", "endsAt": "2026-01-01T00:00:00Z"}, {"id": "2", "endsAt": "2026-02-01T00:00:00Z"}]
    found = await source(lambda _: httpx.Response(200, json=answer)).silences()
    assert [silence["id"] for silence in found] == ["2", "1"]


async def test_a_silence_is_created_and_expired() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.method} {request.url.path}")
        return httpx.Response(200, json={"silenceID": "abc"})

    alerting = source(handler)
    assert await alerting.create_silence({"matchers": []}) == "abc"
    await alerting.expire_silence("abc")
    assert seen == ["POST /api/v2/silences", "DELETE /api/v2/silence/abc"]


async def test_a_refusal_is_told_in_the_servers_words() -> None:
    with pytest.raises(SourceError, match="silence not found"):
        await source(lambda _: httpx.Response(404, json="silence not found")).expire_silence("x")
    with pytest.raises(SourceError, match="bad matcher"):
        await source(lambda _: httpx.Response(400, json={"code": 601, "message": "bad matcher"})).create_silence({})


async def test_a_server_without_history_has_none() -> None:
    assert await source(lambda _: httpx.Response(404)).history() is None
    assert await source(lambda _: httpx.Response(200, json={"total": 1, "notifications": [{"id": 1}]})).history() == [
        {"id": 1}
    ]
    with pytest.raises(SourceError):
        await source(lambda _: httpx.Response(500, text="oops")).history()
