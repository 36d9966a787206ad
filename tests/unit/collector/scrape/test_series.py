"""What one target's series make of pages: zeros at their beginning."""

from collector.scrape.formats import parsers
from collector.scrape.mutate import LabelRules
from collector.scrape.page import ParseOptions
from collector.scrape.series import SampleRules, TargetSeries
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
