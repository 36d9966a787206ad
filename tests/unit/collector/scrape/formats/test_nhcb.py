"""Classic histograms as native ones with custom buckets."""

import pytest

from collector.histogram import CUSTOM_BUCKETS_SCHEMA
from collector.scrape.formats import parsers
from collector.scrape.formats.nhcb import convert_classic
from collector.scrape.page import Page, ParseOptions

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
    ((at, histogram),) = page.histograms.items()
    assert page.labels(at) == [("__name__", "h"), ("a", "x")]
    assert page.labels(at + 1) == [("__name__", "other")]
    assert (histogram.schema, histogram.custom_values) == (CUSTOM_BUCKETS_SCHEMA, (1.0, 2.0))
    assert (histogram.positive.tolist(), histogram.count, histogram.sum) == ([1.0, 2.0, 1.0], 4.0, 5.5)


def converted(text: str, *, keep: bool = False, kind: str = "PrometheusText0.0.4") -> Page:
    return convert_classic(parsers[kind].factory(text.encode(), ParseOptions()), keep_classic=keep)


def names(page: Page) -> list[str]:
    return [dict(page.labels(index))["__name__"] for index in range(len(page.keys))]


@pytest.mark.parametrize(
    "parts",
    [
        'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_count 3\n',
        'h_bucket{le="1"} 2\nh_bucket{le="2"} 1\nh_count 2\n',
        'h_bucket{le="2"} 2\nh_bucket{le="1"} 3\nh_count 3\n',
        "h_count -1\n",
        'h_bucket{le="1"} NaN\n',
    ],
)
def test_what_contradicts_itself_is_gone(parts: str) -> None:
    page = converted(f"# TYPE h histogram\n{parts}# TYPE g gauge\ng 1\n")
    assert names(page) == ["g"]
    assert page.histograms == {}


def test_without_a_count_the_last_bucket_counts() -> None:
    page = converted('# TYPE h histogram\nh_bucket{le="2"} 3\nh_bucket{le="1"} 1.5\nh_sum 4\n')
    histogram = page.histograms[0]
    assert (histogram.count, histogram.custom_values, histogram.integer) == (3.0, (1.0, 2.0), False)
    assert histogram.positive.tolist() == [1.5, 1.5, 0.0]


def test_neighbours_of_one_family_belong_together() -> None:
    page = converted(
        'early_count 1\n# TYPE h histogram\nh_count{a="b"} 2\nh_count{a="c"} 3\nx_count 4\nh_bucket{a="b",le="x"} 1\nh_sum{a="b"} 5\n'
    )
    assert names(page) == ["early_count", "h", "h", "x_count", "h_bucket", "h"]
    assert [histogram.count for histogram in page.histograms.values()] == [2.0, 3.0, 0.0]


def test_a_comment_ends_a_histogram() -> None:
    assert names(converted("# TYPE h histogram\nh_count 2\n\nh_sum 1\n# comment\nh_sum 1\n")) == ["h", "h"]


def test_a_page_that_breaks_off_ends_what_was_over_before() -> None:
    assert names(converted("# TYPE h histogram\nh_count 2\n# TYPE g gauge\ng{\n")) == ["h"]


def test_a_page_that_breaks_off_ends_none() -> None:
    page = converted("# TYPE h histogram\nh_count 2\nodd{\n")
    assert names(page) == []
    assert page.error is not None


def test_exemplars_go_with_the_histogram_when_they_have_a_time() -> None:
    text = '# TYPE h histogram\nh_bucket{le="1"} 1 # {a="b"} 1 5\nh_bucket{le="+Inf"} 2 # {a="c"} 2\n# EOF\n'
    page = converted(text, keep=True, kind="OpenMetricsText1.0.0")
    assert names(page) == ["h_bucket", "h_bucket", "h"]
    assert {at: [e.value for e in found] for at, found in page.exemplars.items()} == {2: [1.0]}
