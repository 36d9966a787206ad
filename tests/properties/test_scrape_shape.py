"""The fast path gives what the slow path gives, whatever happens to a page between two scrapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.scrape.formats import parsers
from collector.scrape.mutate import LabelRules
from collector.scrape.page import ParseOptions, ScrapeError
from collector.scrape.series import SampleRules, TargetSeries
from collector.scrape.shapes import LineShape, ShapeOf, WindowedShape
from tests.support.fake_storage import FakeStorage

PARSE = parsers["PrometheusText0.0.4"].factory
TARGET = (("instance", "i"), ("job", "j"))

names = st.sampled_from(["a", "b", "longer_name_of_a_metric", "x" * 40, "y" * 150])
labels = st.sampled_from(
    [
        "",
        '{l="1"}',
        '{l="2"}',
        '{l="a longer label value to cross a window",m="é"}',
        '{l="x\ny"}',
        '{"le"="1"}',
        '{le="1"}',
    ]
)
values = st.one_of(
    st.floats(width=64).map(repr),
    st.integers(-(10**25), 10**25).map(str),
    st.sampled_from(["-0", "+5", "5.", ".5", "NaN", "+Inf", "-Inf", "1e400", "007", "1_0", "0x1", "1 5", "", "1,2", '"5"', "true", "null", "[1", "2]", "1\0", "1e22"]),
)  # fmt: skip
samples = st.tuples(names, labels, values).map(lambda t: f"{t[0]}{t[1]} {t[2]}\n")
good_samples = st.tuples(names, labels, st.floats(allow_nan=False, allow_infinity=False).map(repr)).map(
    lambda t: f"{t[0]}{t[1]} {t[2]}\n"
)
others = st.sampled_from(["# TYPE a histogram\n", "# TYPE a gauge\n", "# HELP a text\n", "\n", "# c\n", "\0"])
lines = st.one_of(good_samples, good_samples, good_samples, samples, others)


@st.composite
def page_sequences(draw: st.DrawFn) -> list[bytes]:
    """Pages that follow from one another by small changes, mostly of values alone."""
    page = draw(st.lists(lines, max_size=12))
    pages = ["".join(page)]
    for _ in range(draw(st.integers(1, 5))):
        page = list(page)
        for _ in range(draw(st.integers(0, 3))):
            _change(draw, page)
        pages.append("".join(page))
    return [text.encode() for text in pages]


def _change(draw: st.DrawFn, page: list[str]) -> None:
    kind = draw(st.sampled_from(["value", "value", "value", "insert", "remove", "swap", "double", "cut"]))
    if not page:
        page.append(draw(lines))
        return
    at = draw(st.integers(0, len(page) - 1))
    if kind == "value" and " " in page[at]:
        page[at] = page[at].rpartition(" ")[0] + f" {draw(values)}\n"
    elif kind == "insert":
        page.insert(at, draw(lines))
    elif kind == "remove":
        del page[at]
    elif kind == "swap":
        page[at], page[0] = page[0], page[at]
    elif kind == "double":
        page.insert(at, page[at])
    elif kind == "cut":
        page[at] = page[at][: draw(st.integers(0, len(page[at])))]


class Scraper:
    """A target's series without network; `shape_of` None: without the fast path."""

    def __init__(self, shape_of: ShapeOf | None) -> None:
        self.storage = FakeStorage()
        self.fast = shape_of is not None
        self.used_fast = 0
        self.series = TargetSeries(
            self.storage, TARGET, LabelRules(TARGET), SampleRules(), ("up",), shape_of or LineShape
        )

    def scrape(self, body: bytes, timestamp_ms: int) -> None:
        try:
            counts = self.series.take_fast(memoryview(bytearray(body))) if self.fast else None
            self.used_fast += counts is not None
            if counts is None:
                page = PARSE(body, ParseOptions())
                counts = self.series.take(page, body, timestamp_ms)
            up = 1.0
        except ScrapeError:
            self.series.fail(timestamp_ms)
            up = 0.0
        self.series.write(timestamp_ms, [up])


@settings(max_examples=400, deadline=None)
@given(page_sequences())
def test_fast_equals_slow(pages: list[bytes]) -> None:
    small, large, slow = Scraper(LineShape), Scraper(WindowedShape), Scraper(None)
    for number, body in enumerate(pages):
        for scraper in (small, large, slow):
            scraper.scrape(body, number * 1000)
        assert small.storage.shown() == slow.storage.shown()
        assert large.storage.shown() == slow.storage.shown()


@pytest.mark.parametrize("shape_of", [LineShape, WindowedShape])
@given(
    page=st.lists(good_samples, min_size=1, max_size=30, unique_by=lambda line: line.rpartition(" ")[0]), data=st.data()
)
def test_changed_values_alone_stay_on_the_fast_path(shape_of: ShapeOf, page: list[str], data: st.DataObject) -> None:
    page = [line for line in page if "\n" not in line[:-1]]
    scraper = Scraper(shape_of)
    scraper.scrape("".join(page).encode(), 0)
    floats = st.floats(allow_nan=False, allow_infinity=False).map(repr)
    changed = [line.rpartition(" ")[0] + f" {data.draw(floats)}\n" for line in page]
    scraper.scrape("".join(changed).encode(), 1000)
    assert scraper.used_fast == (1 if page else 0)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_do_anything_but_refuse(body: bytes) -> None:
    for name in ("PrometheusText0.0.4", "OpenMetricsText1.0.0"):
        try:
            page = parsers[name].factory(body, ParseOptions()).whole()
            assert len(page.keys) == len(page.values)
            for index in range(len(page.keys)):
                page.labels(index)
        except ScrapeError:
            pass


@pytest.mark.parametrize("shape_of", [LineShape, WindowedShape])
def test_negative_zero_survives(shape_of: ShapeOf) -> None:
    scraper = Scraper(shape_of)
    scraper.scrape(b"a 1\n", 0)
    scraper.scrape(b"a -0\n", 1)
    assert scraper.used_fast == 1
    value = scraper.storage.samples[(("__name__", "a"), *TARGET)][-1][1]
    assert np.signbit(value)
