import numpy as np
import pytest

from collector.promql import Engine
from collector.storage.memory import MemoryStorage


def engine(values: list[float], step_s: int = 60) -> Engine:
    memory = MemoryStorage()
    memory.put({"__name__": "m"}, [(index * step_s * 1000, value) for index, value in enumerate(values)])
    return Engine(memory)


def test_robust_zscore_is_not_fooled_by_the_outlier_itself() -> None:
    result = engine([10, 11, 9, 10, 11, 9, 10, 50]).instant("robust_zscore(m[10m])", 420_000)
    assert result.values[0, 0] == pytest.approx(40 / (1.4826 * 1))


def test_seasonal_baseline_looks_whole_periods_back() -> None:
    values = [float(100 if index % 10 == 0 else 1) for index in range(31)]
    result = engine(values).instant("seasonal_baseline(m[30m], 600)", 1_800_000)
    assert result.values[0, 0] == 100


def test_forecast_band() -> None:
    line = [float(2 * index) for index in range(20)]
    result = engine(line).instant("forecast_band(m[20m], 60, 3)", 19 * 60_000)
    assert result.values[0, 0] == pytest.approx(40)
    noisy = engine((np.array(line) + np.resize([1, -1], 20)).tolist())
    upper = noisy.instant("forecast_band(m[20m], 60, 3)", 19 * 60_000).values[0, 0]
    lower = noisy.instant("forecast_band(m[20m], 60, -3)", 19 * 60_000).values[0, 0]
    assert lower < 40 < upper


def test_absent_leaves_out_labels_that_are_asked_for_twice() -> None:
    engine = Engine(MemoryStorage())
    for matchers in ('a!="b",a="c",d="e"', 'a="c",a!="b",d="e"', 'a="c",a="c",d="e"'):
        assert engine.instant(f"absent(x{{{matchers}}})", 0).labels.labels(0) == {"d": "e"}


def test_remarks_stand_where_they_were_made_last_and_subqueries_have_no_place() -> None:
    memory = MemoryStorage()
    memory.put({"__name__": "m"}, [(minute * 60_000, float(minute)) for minute in range(5)])
    engine = Engine(memory)
    assert engine.instant("rate(m[5m])", 240_000).infos[0].endswith(' "m" (1:6)')
    assert engine.instant("abs(rate(m[5m:1m]))", 240_000).infos[0].endswith(' "m" (1:1)')
    assert engine.instant("rate(m[5m]) + rate(m[4m])", 240_000).infos[0].endswith(' "m" (1:20)')


def test_clamping_infinities_by_nan() -> None:
    values = [engine([value]).instant(text, 0).values[0, 0] for value, text in (
        (np.inf, "clamp_min(m, NaN)"), (-np.inf, "clamp_max(m, NaN)"), (np.nan, "clamp_min(m, Inf)"), (1.0, "clamp_min(m, NaN)"),
    )]  # fmt: skip
    np.testing.assert_array_equal(values, [np.inf, -np.inf, np.inf, np.nan])
