"""A native histogram as the API shows it: count, sum, and the buckets that hold something."""

from collector.api.numbers import value_text
from collector.histogram import FloatHistogram
from collector.promql.histograms.buckets import shown_buckets


def histogram_json(histogram: FloatHistogram) -> dict[str, object]:
    """The JSON object of one histogram."""
    shown: dict[str, object] = {"count": value_text(histogram.count), "sum": value_text(histogram.sum)}
    rows = [
        [rule, value_text(lower), value_text(upper), value_text(count)]
        for rule, lower, upper, count in shown_buckets(histogram)
    ]
    if rows:
        shown["buckets"] = rows
    return shown
