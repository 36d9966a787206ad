"""Remote write as the specifications and Prometheus's receiver have it."""

from pathlib import Path

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from collector.histogram import CounterReset, FloatHistogram
from collector.protobuf import ProtobufError, fields, put_bytes, put_double, put_int, put_text, varint
from collector.remote.histogram_message import decode_histogram, encode_histogram
from collector.remote.read_message import encode_labels, encode_samples
from collector.remote.receiver import WriteReceiver, message_type
from collector.remote.snappy import compress, decompress
from collector.remote.write_message import WriteDecoder
from collector.storage.interface import AppendReport
from collector.storage.options import StorageOptions
from collector.storage.storage import Storage
from tests.support.fake_storage import FakeStorage

SERIES = (("__name__", "up"), ("job", "x"))


def v1(*series: bytes) -> bytes:
    return b"".join(put_bytes(1, one) for one in series)


def one_series(labels: dict[str, str], times: list[int], values: list[float]) -> bytes:
    return encode_labels(labels) + encode_samples(np.array(times, np.int64), np.array(values))


def v2(labels: list[tuple[str, str]], samples: bytes) -> bytes:
    symbols = ["", *dict.fromkeys(text for pair in labels for text in pair)]
    refs = b"".join(varint(symbols.index(text)) for pair in labels for text in pair)
    return b"".join(put_bytes(4, text.encode()) for text in symbols) + put_bytes(5, put_bytes(1, refs) + samples)


@pytest.fixture
def storage() -> FakeStorage:
    return FakeStorage()


@pytest.fixture
def client(storage: FakeStorage) -> httpx.AsyncClient:
    receiver = WriteReceiver(storage, CollectorRegistry())
    app = Starlette(routes=[Route("/api/v1/write", receiver.__call__, methods=["POST"])])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def post(
    client: httpx.AsyncClient, message: bytes, content_type: str = "application/x-protobuf", encoding: str = "snappy"
) -> httpx.Response:
    headers = {"Content-Type": content_type, "Content-Encoding": encoding}
    return await client.post("/api/v1/write", content=compress(message), headers=headers)


async def test_samples_arrive(client: httpx.AsyncClient, storage: FakeStorage) -> None:
    answer = await post(client, v1(one_series(dict(SERIES), [1_700_000_000_000, 1_700_000_001_000], [1.0, 2.5])))
    assert answer.status_code == 204
    assert storage.samples == {SERIES: [(1_700_000_000_000, 1.0), (1_700_000_001_000, 2.5)]}


async def test_v2_arrives_and_is_counted(client: httpx.AsyncClient, storage: FakeStorage) -> None:
    sample = put_bytes(2, put_double(1, 3.0) + put_int(2, 5))
    answer = await post(client, v2(list(SERIES), sample), "application/x-protobuf;proto=io.prometheus.write.v2.Request")
    assert answer.status_code == 204
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "1"
    assert answer.headers["x-prometheus-remote-write-histograms-written"] == "0"
    assert storage.samples == {SERIES: [(5, 3.0)]}


@pytest.mark.parametrize(
    ("content_type", "encoding", "status"),
    [
        ("text/plain", "snappy", 415),
        ("application/x-protobuf;proto=foo", "snappy", 415),
        ("application/x-protobuf", "gzip", 415),
        ("application/x-protobuf;proto=prometheus.WriteRequest", "snappy", 204),
        ("application/x-protobuf", "", 204),
    ],
)
async def test_content_is_checked(client: httpx.AsyncClient, content_type: str, encoding: str, status: int) -> None:
    assert (await post(client, v1(), content_type, encoding)).status_code == status


async def test_garbage_is_a_bad_request(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
    assert (await client.post("/api/v1/write", content=b"not snappy", headers=headers)).status_code == 400
    assert (await client.post("/api/v1/write", content=compress(b"\xff\xff\xff"), headers=headers)).status_code == 400


async def test_invalid_labels_are_left_out_in_v1_and_a_problem_in_v2(
    client: httpx.AsyncClient, storage: FakeStorage
) -> None:
    bad, good = one_series({"a": "b"}, [1 << 40], [1.0]), one_series(dict(SERIES), [1 << 40], [1.0])
    assert (await post(client, v1(bad, good))).status_code == 204
    assert list(storage.samples) == [SERIES]
    message = v2([("a", "b")], put_bytes(2, put_double(1, 3.0) + put_int(2, 5)))
    answer = await post(client, message, "application/x-protobuf;proto=io.prometheus.write.v2.Request")
    assert (answer.status_code, answer.text) == (400, "1 series with invalid labels\n")


def test_out_of_order_is_a_bad_request(storage: FakeStorage) -> None:
    storage.append = lambda *_: AppendReport(appended=0, out_of_order=1)  # type: ignore[method-assign]
    receiver = WriteReceiver(storage, CollectorRegistry())
    request = WriteDecoder().decode_v1(v1(one_series(dict(SERIES), [1 << 40], [1.0])))
    assert receiver.store(request, strict=False).problem == "1 samples out of order"


def test_histograms_and_exemplars_round_trip() -> None:
    histogram = FloatHistogram(
        schema=3,
        count=7.0,
        sum=1.5,
        zero_threshold=1e-128,
        zero_count=2.0,
        positive_spans=((-2, 2), (1, 1)),
        positive=np.array([1.0, 3.0, 1.0]),
        negative_spans=((0, 1),),
        negative=np.array([2.0]),
        counter_reset=CounterReset.NOT_RESET,
        integer=True,
    )
    message = encode_labels(dict(SERIES)) + put_bytes(4, encode_histogram(histogram, -5))
    exemplar = put_bytes(1, put_text(1, "trace") + put_text(2, "t")) + put_double(2, 0.5) + put_int(3, 9)
    request = WriteDecoder().decode_v1(v1(message + put_bytes(3, exemplar)))
    assert request.histogram_times == [-5]
    assert repr(request.histograms[0]) == repr(histogram)
    assert request.exemplars == [((("trace", "t"),), 0.5, 9)]


def test_custom_buckets_and_float_counts_round_trip() -> None:
    histogram = FloatHistogram(
        schema=-53,
        count=2.5,
        sum=1.0,
        positive_spans=((0, 2),),
        positive=np.array([0.5, 2.0]),
        custom_values=(1.0, 2.0),
    )
    assert repr(decode_histogram(encode_histogram(histogram, 1))) == repr((histogram, 1))


def test_times_of_any_size_are_encoded() -> None:
    for time in (0, 5, -1, 1 << 35, (1 << 42) - 1, 1 << 42, 1_700_000_000_000):
        request = WriteDecoder().decode_v1(v1(one_series(dict(SERIES), [time], [1.0])))
        assert request.timestamps == [time]


def test_content_types() -> None:
    assert message_type("") == "prometheus.WriteRequest"
    assert message_type("application/json") == ""


def test_bombs_are_refused() -> None:
    with pytest.raises(ValueError, match="larger than"):
        decompress(compress(bytes(1000)), 999)


def test_truncated_messages_are_refused() -> None:
    body = v1(one_series(dict(SERIES), [1 << 40], [1.0]))
    for cut in range(1, len(body)):
        with pytest.raises(ProtobufError):
            WriteDecoder().decode_v1(body[:cut])
    with pytest.raises(ProtobufError):
        list(fields(b"\x0b"))


async def test_samples_survive_a_kill_from_the_answer_on(tmp_path: Path) -> None:
    kept = Storage(tmp_path, StorageOptions(max_ahead_ms=0))
    kept.open()
    receiver = WriteReceiver(kept, CollectorRegistry())
    app = Starlette(routes=[Route("/api/v1/write", receiver.__call__, methods=["POST"])])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await post(client, v1(one_series(dict(SERIES), [1_700_000_000_000], [1.0])))).status_code == 204
    kept.abandon()  # nothing was synced
    again = Storage(tmp_path, StorageOptions(max_ahead_ms=0))
    again.open()
    assert again.series([], 0, 1 << 62) == [dict(SERIES)]
    again.close()
