"""OTLP: names, points and both encodings."""

import gzip
import struct

import httpx
import orjson
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from collector.config.remote import OtlpConfig
from collector.protobuf import FIXED64, put_bytes, put_double, put_int, put_text, put_zigzag, tag, varint
from collector.remote.otlp import OtlpReceiver
from collector.remote.otlp.decode import decode_request
from collector.remote.otlp.decode_json import decode_json
from collector.remote.otlp.names import label_name, metric_name
from collector.remote.otlp.translate import Translated, translate
from collector.remote.receiver import WriteReceiver
from tests.support.fake_storage import FakeStorage

NANOS = 1_700_000_000_000_000_000
DEFAULT = OtlpConfig()


@pytest.mark.parametrize(
    ("name", "unit", "counter", "gauge", "expected"),
    [
        ("http.server.duration", "s", False, False, "http_server_duration_seconds"),
        ("requests", "1", True, False, "requests_total"),
        ("requests.total", "{request}", True, False, "requests_total"),
        ("usage", "1", False, True, "usage_ratio"),
        ("speed", "By/s", False, True, "speed_bytes_per_second"),
        ("a_seconds", "s", False, True, "a_seconds"),
        ("1st", "", False, False, "_1st"),
        ("a..b--c", "", False, False, "a_b_c"),
    ],
)
def test_metric_names(name: str, unit: str, counter: bool, gauge: bool, expected: str) -> None:
    assert metric_name(name, unit, DEFAULT, counter=counter, gauge=gauge) == expected


def test_other_strategies() -> None:
    def named(strategy: str) -> str:
        return metric_name("a.b", "s", OtlpConfig(translation_strategy=strategy), counter=True, gauge=False)

    assert named("NoUTF8EscapingWithSuffixes") == "a.b_seconds_total"
    assert named("UnderscoreEscapingWithoutSuffixes") == "a_b"
    assert named("NoTranslation") == "a.b"


def test_label_names() -> None:
    names = {"a.b": "a_b", "1a": "key_1a", "_a": "key_a", "__a": "__a"}
    assert {name: label_name(name, DEFAULT) for name in names} == names


def number(field: int, value: int) -> bytes:
    return tag(field, FIXED64) + struct.pack("<Q", value)


def attribute(field: int, name: str, value: str) -> bytes:
    return put_bytes(field, put_text(1, name) + put_bytes(2, put_text(1, value)))


def request(*metrics: bytes) -> bytes:
    resource = put_bytes(1, attribute(1, "service.name", "shop") + attribute(1, "host.name", "h1"))
    return put_bytes(1, resource + put_bytes(2, b"".join(put_bytes(2, metric) for metric in metrics)))


def shown(translated: Translated) -> dict[tuple[str, str], float]:
    """Value by metric name and the one label that tells apart."""
    out = {}
    for labels, value in zip(translated.request.series, translated.request.values, strict=True):
        named = dict(labels)
        assert named.pop("job") == "shop"
        out[named.pop("__name__"), next(iter(named.values()), "")] = value
    return out


def test_protobuf_sums_and_histograms() -> None:
    point = put_bytes(1, number(3, NANOS) + number(6, 5) + attribute(7, "code", "200"))
    total = put_text(1, "requests") + put_bytes(7, point + put_int(2, 2) + put_int(3, 1))
    counts, bounds = struct.pack("<3Q", 1, 2, 3), struct.pack("<2d", 0.5, 1)
    buckets = number(3, NANOS) + number(4, 6) + put_double(5, 4.5) + put_bytes(6, counts) + put_bytes(7, bounds)
    histogram = put_text(1, "latency") + put_text(3, "s") + put_bytes(9, put_bytes(1, buckets) + put_int(2, 2))
    translated = translate(decode_request(request(total, histogram)), DEFAULT)
    assert shown(translated) == {
        ("requests_total", "200"): 5.0,
        ("latency_seconds_sum", ""): 4.5,
        ("latency_seconds_count", ""): 6,
        ("latency_seconds_bucket", "0.5"): 1,
        ("latency_seconds_bucket", "1"): 3,
        ("latency_seconds_bucket", "+Inf"): 6,
        ("target_info", "h1"): 1.0,
    }
    assert set(translated.request.timestamps) == {NANOS // 1_000_000}
    assert translated.metadata["requests_total"].type == "counter"


def test_exponential_histograms_become_native_ones() -> None:
    counts = b"".join(varint(count) for count in (1, 2, 3, 4))
    point = (
        number(3, NANOS) + number(4, 11) + put_double(5, 9.0) + put_zigzag(6, 9) + number(7, 1)
        + put_bytes(8, put_zigzag(1, -1) + put_bytes(2, counts))
    )  # fmt: skip
    metric = put_text(1, "e") + put_bytes(10, put_bytes(1, point) + put_int(2, 2))
    (histogram,) = translate(decode_request(request(metric)), DEFAULT).request.histograms
    assert (histogram.schema, histogram.count, histogram.zero_count) == (8, 11.0, 1.0)
    # buckets -1, 0, 1, 2 of scale 9 are -1, 0, 0, 1 of scale 8; bucket i ends where Prometheus's i + 1 does
    assert (histogram.positive_spans, histogram.positive.tolist()) == (((0, 3),), [1.0, 5.0, 4.0])


def test_delta_is_left_out_and_told() -> None:
    metric = put_text(1, "d") + put_bytes(7, put_bytes(1, number(3, NANOS)) + put_int(2, 1))
    translated = translate(decode_request(request(metric)), DEFAULT)
    assert translated.problems == ['invalid temporality and type combination for metric "d"']


JSON = {
    "resourceMetrics": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeMetrics": [
                {
                    "metrics": [
                        {"name": "g", "gauge": {"dataPoints": [{"timeUnixNano": str(NANOS), "asDouble": 1.5}]}},
                        {"name": "i", "gauge": {"dataPoints": [{"timeUnixNano": str(NANOS), "asInt": "7"}]}},
                        {"name": "gone", "gauge": {"dataPoints": [{"timeUnixNano": str(NANOS), "flags": 1}]}},
                    ]
                }
            ],
        }
    ]
}


def test_json() -> None:
    found = shown(translate(decode_json(orjson.dumps(JSON)), DEFAULT))
    assert (found["g", ""], found["i", ""]) == (1.5, 7.0)
    assert found["gone", ""] != found["gone", ""]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (orjson.dumps(JSON), {"Content-Type": "application/json"}, 200),
        (gzip.compress(orjson.dumps(JSON)), {"Content-Type": "application/json", "Content-Encoding": "gzip"}, 200),
        (request(), {"Content-Type": "application/x-protobuf"}, 200),
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"\xff", {"Content-Type": "application/x-protobuf"}, 400),
        (b"x", {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}, 400),
        (b"", {"Content-Type": "text/plain"}, 415),
        (b"", {"Content-Type": "application/json", "Content-Encoding": "br"}, 415),
    ],
)
async def test_endpoint(body: bytes, headers: dict[str, str], status: int) -> None:
    receiver = OtlpReceiver(WriteReceiver(FakeStorage(), CollectorRegistry()))
    app = Starlette(routes=[Route("/m", receiver.__call__, methods=["POST"])])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.post("/m", content=body, headers=headers)).status_code == status
