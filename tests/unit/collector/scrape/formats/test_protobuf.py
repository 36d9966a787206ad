"""The delimited protobuf format."""

import struct

import pytest

from collector.histogram import CounterReset
from collector.protobuf import put_bytes, put_double, put_int, put_text, put_zigzag, varint
from collector.scrape.formats import parsers
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
    + put_bytes(12, put_zigzag(1, -2) + put_int(2, 2)) + put_bytes(13, bytes([4, 3]))
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
    assert (histogram.positive_spans, histogram.positive.tolist()) == (((-2, 2),), [2.0, 0.0])
    assert len(PARSE(body, ParseOptions()).keys) == 5
    both = ParseOptions(native_histograms=True, always_classic_histograms=True)
    assert len(PARSE(body, both).keys) == 6


def test_contradictions_are_refused() -> None:
    spans_only = put_bytes(7, put_int(1, 3) + put_bytes(12, put_int(2, 2)))
    with pytest.raises(ParseError, match="spans"):
        PARSE(family("h", 4, spans_only), NATIVE).whole()


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        (put_int(1, 3) + NATIVE_PARTS, ""),
        (put_int(1, 4) + NATIVE_PARTS, "3 observations found in buckets, but the Count field is 4"),
        (put_int(1, 4) + put_double(2, float("nan")) + NATIVE_PARTS, ""),
        (put_int(1, 1) + put_bytes(12, put_int(2, 1)) + put_bytes(13, bytes([1])), "negative"),
        (put_int(1, 1) + put_bytes(12, put_int(2, 1)) + put_bytes(12, put_zigzag(1, -1) + put_int(2, 1)), "offset is negative"),
        (put_int(1, 1) + put_zigzag(5, 9) + put_int(7, 1), "schema 9"),
        (put_double(4, 0.5) + put_double(6, 0.1), ""),
    ],
)  # fmt: skip
def test_what_a_native_histogram_must_not_say(parts: bytes, error: str) -> None:
    page = PARSE(family("ok", 1, put_bytes(2, put_double(1, 1.0))) + family("h", 4, put_bytes(7, parts)), NATIVE)
    if error:
        with pytest.raises(ParseError, match=error):
            page.whole()
        assert (page.values, page.refused) == ([1.0], 1)
    else:
        assert len(page.whole().histograms) == 1


def test_gauge_histograms_say_so() -> None:
    page = PARSE(family("h", 5, put_bytes(7, put_int(1, 3) + NATIVE_PARTS)), NATIVE)
    assert page.histograms[0].counter_reset is CounterReset.GAUGE


def test_exemplars_of_a_native_histogram_need_a_time() -> None:
    def exemplar(field: int, value: float, seconds: int) -> bytes:
        return put_bytes(field, put_double(2, value) + (put_bytes(3, put_int(1, seconds)) if seconds else b""))

    own = exemplar(16, 1.0, 9) + exemplar(16, 2.0, 0) + exemplar(16, 3.0, 8)
    classic = put_bytes(3, put_int(1, 1) + put_double(2, 1.0) + exemplar(3, 5.0, 7))
    page = PARSE(family("h", 4, put_bytes(7, put_int(1, 3) + NATIVE_PARTS + classic + own)), NATIVE)
    assert [(e.value, e.timestamp_ms) for e in page.exemplars[0]] == [(3.0, 8000), (1.0, 9000)]
    page = PARSE(family("h", 4, put_bytes(7, put_int(1, 3) + NATIVE_PARTS + classic)), NATIVE)
    assert [e.value for e in page.exemplars[0]] == [5.0]


def test_a_metric_without_the_content_of_its_type_is_zero() -> None:
    page = PARSE(family("c_total", 0, put_bytes(2, put_double(1, 7.0))) + family("s", 2, b""), NATIVE)
    assert samples(page) == [
        ({"__name__": "c_total"}, 0.0),
        ({"__name__": "s_count"}, 0.0),
        ({"__name__": "s_sum"}, 0.0),
    ]


def test_a_page_counts_up_to_where_it_breaks_off() -> None:
    good = family("g", 1, put_bytes(2, put_double(1, 1.0)), put_bytes(2, put_double(1, 2.0)))
    page = PARSE(good + family("", 1, b""), NATIVE)
    assert page.values == [1.0, 2.0]
    assert "invalid metric name" in str(page.error)
    broken = put_bytes(1, b"a\xff") + put_bytes(4, b"")
    assert str(PARSE(good + varint(len(broken)) + broken, NATIVE).error) == "invalid metric name: a\ufffd"
    assert PARSE(good + family("", 1), NATIVE).error is None  # no metrics, no questions
    assert "unknown metric type" in str(PARSE(family("g", 6, b""), NATIVE).error)


def test_groups_and_unknown_fields_are_skipped() -> None:
    group = bytes([0x53, 0x08, 0x01, 0x5B, 0x5C, 0x12, 0x01, 0x00, 0x54])  # field 10, in it numbers and another group
    page = PARSE(family("g", 1, put_bytes(2, put_double(1, 1.0)) + group + put_int(99, 1)), NATIVE)
    assert page.whole().values == [1.0]
    assert PARSE(family("g", 1, group[:-1]), NATIVE).error is not None


def test_a_cut_page_is_refused() -> None:
    body = family("h", 4, put_bytes(7, HISTOGRAM + NATIVE_PARTS))
    for cut in range(1, len(body)):
        with pytest.raises(ParseError):
            PARSE(body[:cut], NATIVE).whole()


@pytest.mark.parametrize("body", [b"\x05\x08\x08\x08\x08\x08", b"\x02\x0a\xff", struct.pack("<d", 1.0)])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        PARSE(body, NATIVE).whole()


def test_created_times_when_wanted() -> None:
    created = put_int(1, 7) + put_int(2, 250_000_000)
    counter = put_bytes(3, put_double(1, 7.0) + put_bytes(3, created))
    summary = put_bytes(4, put_int(1, 2) + put_double(2, 3.0) + put_bytes(4, created))
    histogram = put_bytes(7, HISTOGRAM + put_bytes(15, created))
    body = family("c_total", 0, counter) + family("s", 2, summary) + family("h", 4, histogram)
    assert PARSE(body, ParseOptions()).created_ms == {}
    page = PARSE(body, ParseOptions(created_timestamps=True))
    assert page.created_ms == dict.fromkeys(range(len(page.keys)), 7250)
