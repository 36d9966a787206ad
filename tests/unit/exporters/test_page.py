from exporters.page import PageWriter, label_text, samples
from pharos.exposition import Metric, counter, gauge


def render(*metrics: Metric) -> str:
    return PageWriter().render(metrics).decode()


def test_families_are_sorted_and_have_help_and_type() -> None:
    page = render(gauge("b", "Second.", 2), counter("a_total", "First.", 1))
    assert page == "# HELP a_total First.\n# TYPE a_total counter\na_total 1\n# HELP b Second.\n# TYPE b gauge\nb 2\n"


def test_numbers_that_are_none_are_written_as_prometheus_writes_them() -> None:
    family = gauge("x", "Odd ones.")
    for index, value in enumerate((float("nan"), float("inf"), float("-inf"), 0.1, 12345678901)):
        family.add(value, {"n": str(index)})
    lines = render(family).splitlines()[2:]
    assert [line.rsplit(" ", 1)[1] for line in lines] == ["NaN", "+Inf", "-Inf", "0.1", "12345678901"]


def test_label_values_are_escaped() -> None:
    family = gauge("x", "Text with\nbreak and \\.", 1, {"path": 'C:\\"dir"\n'})
    assert render(family) == ('# HELP x Text with\\nbreak and \\\\.\n# TYPE x gauge\nx{path="C:\\\\\\"dir\\"\\n"} 1\n')


def test_a_family_met_twice_is_joined_and_equal_series_stand_once() -> None:
    first = gauge("x", "One.", 1, {"a": "1"})
    again = gauge("x", "Other help.", 2, {"a": "1"})
    again.add(3, {"a": "2"})
    page = render(first, again)
    assert page == '# HELP x One.\n# TYPE x gauge\nx{a="1"} 1\nx{a="2"} 3\n'
    assert first.samples == [("", {"a": "1"}, 1, None)]


def test_families_without_samples_are_left_out() -> None:
    assert render(gauge("x", "None.")) == ""


def test_suffixes_and_timestamps() -> None:
    family = Metric("h", "histogram", "Spread.", [("_bucket", {"le": "1"}, 2, None), ("_sum", {}, 0.5, 1700)])
    assert render(family).splitlines()[2:] == ['h_bucket{le="1"} 2', "h_sum 0.5 1700"]


def test_texts_that_are_no_utf8_do_not_break_the_page() -> None:
    assert 'x{a="?"} 1' in render(gauge("x", "Bad name.", 1, {"a": "\udcff"}))


def test_samples_shows_series_for_tests() -> None:
    assert samples([gauge("x", "One.", 1, {"a": "b"}), gauge("y", "Two.", 2)]) == {'x{a="b"}': 1, "y": 2}
    assert label_text([("a", "b")]) == '{a="b"} '
