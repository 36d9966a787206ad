"""Which samples a `_created` line speaks of, as Prometheus 3.5 has it."""

from collector.scrape.formats import parsers
from collector.scrape.page import Page, ParseOptions


def parse(text: str) -> Page:
    return parsers["OpenMetricsText1.0.0"].factory((text + "# EOF\n").encode(), ParseOptions(created_timestamps=True))


def found(text: str) -> dict[str, int]:
    page = parse(text)
    return {page.keys[index].decode(errors="replace"): created for index, created in page.created_ms.items()}


def test_a_created_line_is_no_sample() -> None:
    page = parse("# TYPE a counter\na_total 5\na_created 12.5\n")
    assert page.values == [5.0]
    assert page.created_ms == {0: 12_500}


def test_le_and_quantile_do_not_count() -> None:
    text = '# TYPE h histogram\nh_bucket{x="y",le="1"} 1\nh_bucket{x="y",le="+Inf"} 2\nh_count{x="y"} 2\nh_created{x="y"} 3\n'
    assert set(parse(text).created_ms.values()) == {3000}
    assert len(parse(text).created_ms) == 3


def test_the_next_created_line_must_fit() -> None:
    assert found('# TYPE a counter\na_total{b="1"} 1\na_total{b="2"} 1\na_created{b="1"} 1\na_created{b="2"} 1\n') == {
        'a_total{b="1"}': 1000
    }


def test_samples_behind_their_line() -> None:
    assert parse("# TYPE h histogram\nh_count 2\nh_created 3\nh_sum 2\n").created_ms == {0: 3000, 1: 3000}


def test_a_line_that_no_sample_came_before_tells_nothing() -> None:
    assert found("# TYPE h histogram\nh_created 3\nh_count 2\nh_sum 2\n") == {}
    assert found("# TYPE h histogram\nh_count 2\nother 1\nh_created 3\nh_sum 2\n") == {"h_count": 3000}


def test_gauges_and_other_families() -> None:
    page = parse("# TYPE g gauge\ng 1\ng_created 2\n# TYPE a counter\na_total 1\n# TYPE b counter\na_created 2\n")
    assert page.values == [1.0, 2.0, 1.0]
    assert page.created_ms == {}


def test_another_created_time_is_another_shape() -> None:
    page = parse("# TYPE a counter\na_total 5\na_created 12.5\n")
    assert page.geometry is not None
    assert page.geometry.is_sample.tolist() == [False, True, False, False]
    assert page.geometry.key_lengths[2] == len("a_created 12.5\n")


def test_off_by_default() -> None:
    page = parsers["OpenMetricsText1.0.0"].factory(b"# TYPE a counter\na_total 5\na_created 1\n# EOF\n", ParseOptions())
    assert page.values == [5.0, 1.0]
    assert page.created_ms == {}
