import pytest

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.histograms.arithmetic import (
    IncompatibleBucketsError,
    add,
    compacted,
    divide,
    equal,
    is_reset,
    scale,
    subtract,
    to_schema,
    total,
)
from collector.promql.series_notation import parse_series_description


def h(text: str) -> FloatHistogram:
    value = parse_series_description(f"h {{{{{text}}}}}")[1][0]
    assert isinstance(value, FloatHistogram)
    return value


def test_the_coarser_schema_wins() -> None:
    result = add(h("schema:1 count:3 buckets:[1 1 1] offset:1"), h("schema:0 count:1 buckets:[1] offset:1")).histogram
    assert result.schema == 0
    assert result.positive.tolist() == [3, 1]


def test_zero_buckets_are_widened_to_agree() -> None:
    wide, narrow = (
        h("schema:0 z_bucket:1 z_bucket_w:2 count:1"),
        h("schema:0 z_bucket:1 z_bucket_w:0.5 count:3 buckets:[1 1]"),
    )
    result = add(narrow, wide).histogram
    assert (result.zero_threshold, result.zero_count, result.positive.tolist()) == (2, 4, [])


def test_custom_bounds_are_intersected() -> None:
    first = h("schema:-53 count:6 custom_values:[1 2 5] buckets:[1 2 3]")
    second = h("schema:-53 count:3 custom_values:[2 5 9] buckets:[1 1 1]")
    result = add(first, second)
    assert result.reconciled
    assert (result.histogram.custom_values, result.histogram.positive.tolist()) == ((2, 5), [4, 4, 1])


def test_exponential_and_custom_buckets_do_not_mix() -> None:
    with pytest.raises(IncompatibleBucketsError):
        subtract(h("schema:0 count:1 buckets:[1]"), h("schema:-53 count:1 custom_values:[1] buckets:[1]"))


def test_negative_factors_make_gauges() -> None:
    assert scale(h("count:1 buckets:[1]"), -1).counter_reset is CounterReset.GAUGE
    assert divide(h("count:1 buckets:[1]"), 0).positive.tolist() == []


def test_colliding_hints() -> None:
    result = add(h("count:1 counter_reset_hint:reset"), h("count:1 counter_reset_hint:not_reset"))
    assert result.collision
    assert result.histogram.counter_reset is CounterReset.UNKNOWN


def test_resets_are_seen_in_any_bucket() -> None:
    before = h("count:5 buckets:[2 3]")
    assert not is_reset(h("count:6 buckets:[2 4]"), before)
    assert is_reset(h("count:6 buckets:[1 5]"), before)
    assert is_reset(h("count:4 buckets:[2 2]"), before)
    assert is_reset(h("schema:1 count:9 buckets:[9]"), before)
    assert not is_reset(h("count:1 counter_reset_hint:not_reset"), before)


def test_sums_do_not_lose_small_numbers() -> None:
    result = total([h("sum:1e100 count:1"), h("sum:1 count:1"), h("sum:-1e100 count:1")]).histogram
    assert result.sum == 1


def test_equality_ignores_how_spans_are_cut() -> None:
    one = h("count:2 buckets:[1 1]")
    cut = compacted(h("count:2 buckets:[0 1 1] offset:-1"))
    assert equal(one, cut)
    assert not equal(one, h("count:2 buckets:[1 1] offset:1"))


def test_lower_resolution() -> None:
    assert to_schema(h("schema:2 count:4 buckets:[1 1 1 1] offset:1"), 0).positive.tolist() == [4]
