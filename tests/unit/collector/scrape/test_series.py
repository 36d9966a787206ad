"""What one target's series make of pages: zeros at their beginning, limits."""

import numpy as np
import pytest

from collector.histogram import FloatHistogram
from collector.scrape.formats import parsers
from collector.scrape.mutate import LabelRules
from collector.scrape.page import Counts, Page, ParseOptions
from collector.scrape.series import BucketLimitError, SampleRules, TargetSeries
from tests.support.fake_storage import FakeStorage

TARGET = (("job", "j"),)


def take(series: TargetSeries, text: str, timestamp_ms: int) -> None:
    body = text.encode()
    if series.take_fast(body) is None:
        page = parsers["OpenMetricsText1.0.0"].factory(body, ParseOptions(created_timestamps=True))
        series.take(page, body, timestamp_ms)
    series.write(timestamp_ms, [1.0])


def page(value: int, created: float) -> str:
    return f"# TYPE a counter\na_total {value}\na_created {created}\n# EOF\n"


def test_a_zero_when_a_series_begins_and_when_it_begins_anew() -> None:
    storage = FakeStorage()
    series = TargetSeries(storage, TARGET, LabelRules(TARGET), SampleRules(), ("up",))
    for timestamp, value, created in ((10_000, 5, 4), (11_000, 6, 4), (12_000, 2, 11.5), (13_000, 3, 13)):
        take(series, page(value, created), timestamp)
    assert storage.shown()['a_total{job="j"}'] == [
        (4_000, "0.0"),
        (10_000, "5.0"),
        (11_000, "6.0"),
        (11_500, "0.0"),
        (12_000, "2.0"),
        (13_000, "3.0"),  # not before its sample: no zero
    ]


def test_too_many_buckets_fail_the_scrape_and_leave_no_trace() -> None:
    storage = FakeStorage()
    histogram = FloatHistogram(schema=3, positive_spans=((1, 2),), positive=np.array([1.0, 2.0]))
    labels = [("__name__", "h")]
    series = TargetSeries(storage, TARGET, LabelRules(TARGET), SampleRules(bucket_limit=1), ("up",))
    series.take(Page([b"h"], [1.0], lambda _: labels, histograms={0: histogram}), b"", 1000)
    stored = storage.samples[(("__name__", "h"), ("job", "j"))]
    assert [(time, len(value.positive)) for time, value in stored] == [(1000, 1)]
    wide = FloatHistogram(schema=-4, positive_spans=((0, 2),), positive=np.array([1.0, 2.0]))
    with pytest.raises(BucketLimitError) as caught:
        series.take(Page([b"h"], [1.0], lambda _: labels, histograms={0: wide}), b"", 2000)
    assert caught.value.counts == Counts(1, 1, 0)
    assert len(stored) == 1


def test_a_sample_that_is_not_stored_began_never() -> None:
    storage = FakeStorage()
    series = TargetSeries(storage, TARGET, LabelRules(TARGET), SampleRules(), ("up",))
    doubled = Page([b"a", b"a "], [1.0, 2.0], lambda _: [("__name__", "a")], created_ms={1: 500})
    assert series.take(doubled, b"", 1000) == Counts(2, 2, 2)
    assert storage.samples == {}
    series.write(1000, [1.0])
    assert storage.shown()['a{job="j"}'] == [(1000, "1.0")]


def test_an_empty_page_ends_all_series_and_forgets_none() -> None:
    storage = FakeStorage()
    series = TargetSeries(storage, TARGET, LabelRules(TARGET), SampleRules(), ("up",))
    text = b"a 1\n"
    added = []
    for timestamp, body in ((1000, text), (2000, b""), (3000, b""), (4000, text)):
        if body:
            added.append(
                series.take(parsers["PrometheusText0.0.4"].factory(body, ParseOptions()), body, timestamp).added
            )
        else:
            assert series.take_nothing(timestamp) == Counts()
        series.write(timestamp, [1.0])
    assert added == [1, 0]
    assert storage.shown()['a{job="j"}'] == [(1000, "1.0"), (2000, "stale"), (4000, "1.0")]


def test_what_a_page_says_of_the_report_comes_first() -> None:
    storage = FakeStorage()
    series = TargetSeries(storage, TARGET, LabelRules(TARGET), SampleRules(), ("up",))
    for timestamp, value in ((1000, 7), (2000, 8)):
        take(series, f"up {value}\na 1\n# EOF\n", timestamp)
    series.fail(3000)
    series.write(3000, [0.0])
    assert storage.shown()['up{job="j"}'] == [(1000, "7.0"), (2000, "8.0"), (3000, "0.0")]
