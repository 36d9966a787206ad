"""Frames of a streamed remote read, taken apart again."""

import google_crc32c
import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from collector.histogram import FloatHistogram
from collector.protobuf import fields, put_bytes, put_int, put_text, signed, text
from collector.remote.read import ReadServer
from collector.remote.snappy import compress
from collector.remote.streamed import MEDIA_TYPE
from collector.storage.storage import Storage
from collector.storage.xorchunks import decode_xor
from tests.unit.collector.storage.storage_support import FixedClock, opened, series

Sample = tuple[int, float]
REGEX = 2


@pytest.fixture
def storage(tmp_path):  # type: ignore[no-untyped-def]
    clock = FixedClock()
    storage = opened(tmp_path, clock)
    group = storage.open_group()
    group.reshape([series("scraped", i=str(i)) for i in range(3)])
    for row in range(300):
        clock.ms += 15_000
        group.append_row(clock.ms, np.arange(3) * 10.0 + row)
    storage.append([series("rule")] * 2, np.array([clock.ms, clock.ms + 1]), np.array([1.5, np.nan]))
    yield storage
    storage.abandon()


def request(*names: str, accepted: bytes = put_bytes(2, b"\x01\x00")) -> bytes:
    queries = []
    for name in names:
        matcher = put_int(1, REGEX) + put_text(2, "__name__") + put_text(3, name)
        queries.append(put_bytes(1, put_int(1, 0) + put_int(2, 1 << 62) + put_bytes(3, matcher)))
    return b"".join(queries) + accepted


async def ask(storage: Storage, body: bytes) -> httpx.Response:
    server = ReadServer(storage, external_labels=lambda: {"dc": "x"}, registry=CollectorRegistry())
    app = Starlette(routes=[Route("/read", server.__call__, methods=["POST"])])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.post("/read", content=compress(body))


def each_frame(body: bytes) -> list[tuple[int, dict[str, str], list[Sample]]]:
    """(query, labels, samples) of every frame."""
    out = []
    while body:
        size = shift = place = 0
        while True:
            byte = body[place]
            size |= (byte & 0x7F) << shift
            shift, place = shift + 7, place + 1
            if byte < 0x80:
                break
        message = body[place + 4 : place + 4 + size]
        assert int.from_bytes(body[place : place + 4], "big") == google_crc32c.value(message)
        out.append(_frame(message))
        body = body[place + 4 + size :]
    return out


def _frame(message: bytes) -> tuple[int, dict[str, str], list[Sample]]:
    query, labels, samples = 0, {}, []
    for number, _, value in fields(message):
        if number == 2:
            query = value
            continue
        for kind, _, part in fields(value):
            parts = {place: content for place, _, content in fields(part)}
            if kind == 1:
                labels[text(parts[1])] = text(parts[2])
            else:
                _, times, values = decode_xor(bytes(parts[4]), np.zeros(1, np.int64))
                assert (signed(parts[1]), signed(parts[2]), parts[3]) == (times[0], times[-1], 1)
                samples.extend(zip(times.tolist(), values.tolist(), strict=True))
    return query, labels, samples


async def test_all_samples_come_by_series_and_query(storage: Storage) -> None:
    answer = await ask(storage, request("scraped", "rule|none"))
    assert answer.headers["content-type"] == MEDIA_TYPE
    frames = each_frame(answer.content)
    assert [(query, labels.get("i")) for query, labels, _ in frames] == [(0, "0"), (0, "1"), (0, "2"), (1, None)]
    assert {labels["dc"] for _, labels, _ in frames} == {"x"}
    for place, (_, _, samples) in enumerate(frames[:3]):
        assert [value for _, value in samples] == [10.0 * place + row for row in range(300)]
        assert (np.diff([time for time, _ in samples]) == 15_000).all()
    assert str([value for _, value in frames[3][2]]) == "[1.5, nan]"


async def test_the_type_is_agreed_upon(storage: Storage) -> None:
    for accepted, streamed in (
        (b"", False),
        (put_int(2, 0), False),
        (put_bytes(2, b"\x00\x01"), True),
        (put_int(2, 1), True),
    ):
        answer = await ask(storage, request("rule", accepted=accepted))
        assert answer.status_code == 200
        assert (answer.headers["content-type"] == MEDIA_TYPE) == streamed
    refused = await ask(storage, request("rule", accepted=put_int(2, 7)))
    assert (refused.status_code, "response types" in refused.text) == (400, True)


async def test_native_histograms_come_as_samples(storage: Storage) -> None:
    storage.append_histograms([series("native")], np.array([storage.max_time]), [FloatHistogram(count=1.0)])
    answer = await ask(storage, request("native"))
    assert answer.headers["content-type"] == "application/x-protobuf"
    refused = await ask(storage, request("native", accepted=put_int(2, 1)))
    assert (refused.status_code, "SAMPLES" in refused.text) == (400, True)


async def test_nothing_found_is_an_empty_stream(storage: Storage) -> None:
    answer = await ask(storage, request("nope"))
    assert (answer.status_code, answer.content) == (200, b"")
