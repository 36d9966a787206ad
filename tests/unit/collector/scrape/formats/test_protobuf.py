"""The delimited protobuf format, and classic histograms as native ones."""

import struct

import pytest

from collector.histogram import CUSTOM_BUCKETS_SCHEMA
from collector.protobuf import put_bytes, put_double, put_int, put_text, put_zigzag, varint
from collector.scrape.formats import parsers
from collector.scrape.formats.nhcb import convert_classic
from collector.scrape.page import Exemplar, Metadata, Page, ParseError, ParseOptions

PARSE = parsers["PrometheusProto"].factory
NATIVE = ParseOptions(native_histograms=True)


def family(name: str, kind: int, *metrics: bytes) -> bytes:
    message = put_text(1, name) + put_text(2, "Help.") + put_int(3, kind) + b"".join(put_bytes(4, m) for m in metrics)
    return varint(len(message)) + message


def label(name: str, value: str) -> bytes:
    return put_bytes(1, put_text(1, name) + put_text(2, value))


def bucket(bound: float, count: int) -> bytes:
    return put_bytes(3, put_int(1, count) + put_double(2, bound))


def samples(page: Page) -> list[tuple[dict[str, str], float]]:
    return [(dict(page.labels(index)), page.values[index]) for index in range(len(page.keys))]


HISTOGRAM = put_int(1, 3) + put_double(2, 4.5) + bucket(0.5, 1) + bucket(1, 2)
NATIVE_PARTS = (
    put_zigzag(5, 3) + put_double(6, 0.001) + put_int(7, 1)
    + put_bytes(12, put_zigzag(1, -2) + put_int(2, 2)) + put_bytes(13, bytes([2, 1]))
)  # fmt: skip


def test_counters_gauges_and_summaries() -> None:
    exemplar = put_bytes(
        2, label("trace", "t") + put_double(2, 0.5) + put_bytes(3, put_int(1, 2) + put_int(2, 5_000_000))
    )
    summary = put_int(1, 2) + put_double(2, 3.0) + put_bytes(3, put_double(1, 0.5) + put_double(2, 1.5))
    page = PARSE(
        family("c_total", 0, label("a", "b") + put_bytes(3, put_double(1, 7.0) + exemplar))
        + family("g", 1, put_bytes(2, put_double(1, 1.0)) + put_int(6, 1500))
        + family("s", 2, put_bytes(4, summary)),
        ParseOptions(),
    )
    assert samples(page) == [
        ({"__name__": "c_total", "a": "b"}, 7.0),
        ({"__name__": "g"}, 1.0),
        ({"__name__": "s_count"}, 2.0),
        ({"__name__": "s_sum"}, 3.0),
        ({"__name__": "s", "quantile": "0.5"}, 1.5),
    ]
    assert page.stamps == [None, 1500, None, None, None]
    assert page.exemplars == {0: [Exemplar((("trace", "t"),), 0.5, 2005)]}
    assert page.metadata["s"] == Metadata("summary", "Help.", "")


def test_a_classic_histogram_without_its_last_bucket_gets_one() -> None:
    page = PARSE(family("h", 4, put_bytes(7, HISTOGRAM)), NATIVE)
    assert samples(page) == [
        ({"__name__": "h_count"}, 3.0),
        ({"__name__": "h_sum"}, 4.5),
        ({"__name__": "h_bucket", "le": "0.5"}, 1.0),
        ({"__name__": "h_bucket", "le": "1.0"}, 2.0),
        ({"__name__": "h_bucket", "le": "+Inf"}, 3.0),
    ]


def test_native_parts_win_when_wanted() -> None:
    body = family("h", 4, put_bytes(7, HISTOGRAM + NATIVE_PARTS))
    page = PARSE(body, NATIVE)
    assert samples(page) == [({"__name__": "h"}, 4.5)]
    histogram = page.histograms[0]
    assert (histogram.schema, histogram.count, histogram.zero_count, histogram.integer) == (3, 3.0, 1.0, True)
    assert (histogram.positive_spans, histogram.positive.tolist()) == (((-2, 2),), [1.0, 0.0])
    assert len(PARSE(body, ParseOptions()).keys) == 5
    both = ParseOptions(native_histograms=True, always_classic_histograms=True)
    assert len(PARSE(body, both).keys) == 6


def test_contradictions_are_refused() -> None:
    spans_only = put_bytes(7, put_int(1, 3) + put_bytes(12, put_int(2, 2)))
    with pytest.raises(ParseError, match="spans"):
        PARSE(family("h", 4, spans_only), NATIVE)


def test_a_cut_page_is_refused() -> None:
    body = family("h", 4, put_bytes(7, HISTOGRAM + NATIVE_PARTS))
    for cut in range(1, len(body)):
        with pytest.raises(ParseError):
            PARSE(body[:cut], NATIVE)


@pytest.mark.parametrize("body", [b"\x05\x08\x08\x08\x08\x08", b"\x02\x0a\xff", struct.pack("<d", 1.0)])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        PARSE(body, NATIVE)


TEXT = b"""# TYPE h histogram
h_bucket{a="x",le="1"} 1
h_bucket{a="x",le="2"} 3
h_bucket{a="x",le="+Inf"} 4
h_sum{a="x"} 5.5
h_count{a="x"} 4
other 1
"""


@pytest.mark.parametrize("keep", [False, True])
def test_classic_histograms_become_native_ones(keep: bool) -> None:
    page = convert_classic(parsers["PrometheusText0.0.4"].factory(TEXT, ParseOptions()), keep_classic=keep)
    assert len(page.keys) == (7 if keep else 2)
    assert page.labels(len(page.keys) - 1) == [("__name__", "h"), ("a", "x")]
    histogram = page.histograms[len(page.keys) - 1]
    assert (histogram.schema, histogram.custom_values) == (CUSTOM_BUCKETS_SCHEMA, (1.0, 2.0))
    assert (histogram.positive.tolist(), histogram.count, histogram.sum) == ([1.0, 2.0, 1.0], 4.0, 5.5)


def test_created_times_when_wanted() -> None:
    created = put_int(1, 7) + put_int(2, 250_000_000)
    counter = put_bytes(3, put_double(1, 7.0) + put_bytes(3, created))
    summary = put_bytes(4, put_int(1, 2) + put_double(2, 3.0) + put_bytes(4, created))
    histogram = put_bytes(7, HISTOGRAM + put_bytes(15, created))
    body = family("c_total", 0, counter) + family("s", 2, summary) + family("h", 4, histogram)
    assert PARSE(body, ParseOptions()).created_ms == {}
    page = PARSE(body, ParseOptions(created_timestamps=True))
    assert page.created_ms == dict.fromkeys(range(len(page.keys)), 7250)
