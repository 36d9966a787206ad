import pytest

from collector.histogram import FloatHistogram
from collector.promql.series_notation import parse_series_values
from collector.ruletest.histogram_notation import histogram_notation


@pytest.mark.parametrize(
    "text",
    [
        "{{}}",
        "{{schema:1 count:4 sum:6.5 z_bucket:1 z_bucket_w:0.001 offset:1 buckets:[1 0 2]}}",
        "{{count:3 sum:-1 counter_reset_hint:gauge n_offset:2 n_buckets:[3]}}",
        "{{schema:-53 count:3 sum:4 custom_values:[1 5] buckets:[1 2]}}",
    ],
)
def test_the_notation_reads_back_as_it_was(text: str) -> None:
    (histogram,) = parse_series_values(text)
    assert isinstance(histogram, FloatHistogram)
    assert text == histogram_notation(histogram)
