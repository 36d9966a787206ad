import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pharos.exposition import Metric, counter, format_value, gauge, render


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (0.0, "0"), (-0.0, "-0"), (1, "1"), (1e6, "1e+06"), (1_234_567, "1.234567e+06"), (123456.5, "123456.5"),
        (0.0001, "0.0001"), (0.00001234, "1.234e-05"), (16784420864, "1.6784420864e+10"), (-2.5e-7, "-2.5e-07"),
        (math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN"), (0.1 + 0.2, "0.30000000000000004"),
    ],
)  # fmt: skip
def test_floats_are_printed_as_go_prints_them(value: float, text: str) -> None:
    assert format_value(value) == text


def test_a_page_can_be_read_back() -> None:
    requests = counter("http_requests_total", "Requests.\nAll of them \\ really.")
    requests.add(3, {"path": 'a"b\\c\nd'})
    page = render([requests, gauge("temperature", "Now.", 21.5, {"room": "küche"})]).decode()
    families = list(text_string_to_metric_families(page))
    assert [(f.name, f.type) for f in families] == [("http_requests", "counter"), ("temperature", "gauge")]
    assert families[0].samples[0].labels == {"path": 'a"b\\c\nd'}
    assert families[1].samples[0].value == 21.5


def test_families_of_one_name_are_put_together_and_empty_ones_left_out() -> None:
    page = render(
        [gauge("a", "First.", 1, {"x": "1"}), gauge("b", "None."), gauge("a", "Second.", 2, {"x": "2"})]
    ).decode()
    assert page == '# HELP a First.\n# TYPE a gauge\na{x="1"} 1\na{x="2"} 2\n'


def test_suffixes_and_timestamps() -> None:
    family = Metric("t", "summary", "Times.")
    family.add(0.5, {"quantile": "0.5"}, timestamp_ms=1000)
    family.add(4, suffix="_count")
    assert render([family]).decode().splitlines()[2:] == ['t{quantile="0.5"} 0.5 1000', "t_count 4"]


def test_names_beyond_the_legacy_set_are_quoted() -> None:
    assert (
        render([gauge("http.size", "Bytes.", 1, {"a b": "c"})]).decode().splitlines()[2] == '{"http.size","a b"="c"} 1'
    )
