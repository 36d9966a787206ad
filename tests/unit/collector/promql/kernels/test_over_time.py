import math

import numpy as np

from collector.promql.kernels import over_time
from collector.promql.kernels.windows import DenseWindows, dense_windows


def whole(*values: float) -> DenseWindows:
    times = np.arange(len(values), dtype=np.int64) * 1000
    return dense_windows(times, np.array([values]), times[-1:], 10**6)


def test_sums_are_compensated() -> None:
    assert over_time.sum_over_time(whole(1e100, 1.5, -1e100))[0, 0] == 1.5


def test_means_survive_overflow() -> None:
    assert over_time.avg_over_time(whole(1.7e308, 1.7e308))[0, 0] == 1.7e308


def test_equal_samples_have_no_variance() -> None:
    assert over_time.stdvar_over_time(whole(*[0.1] * 7))[0, 0] == 0


def test_variance_of_large_numbers() -> None:
    assert math.isclose(over_time.stdvar_over_time(whole(1e9, 1e9 + 1, 1e9 + 2))[0, 0], 2 / 3)


def test_nan_counts_as_the_least_in_quantiles() -> None:
    assert over_time.quantile_over_time(whole(math.nan, 1, 2), np.array([1.0]))[0, 0] == 2
    assert math.isnan(over_time.quantile_over_time(whole(math.nan, 1, 2), np.array([0.0]))[0, 0])


def test_extremes_pass_over_nan() -> None:
    assert over_time.max_over_time(whole(math.nan, 1, 2))[0, 0] == 2
    assert over_time.min_over_time(whole(3, math.nan))[0, 0] == 3


def test_a_straight_line() -> None:
    slope, intercept = over_time.linear_regression(whole(1, 3, 5), np.array([[2000.0]]))
    assert (slope[0, 0], intercept[0, 0]) == (2, 5)


def test_changes_and_resets() -> None:
    assert over_time.changes(whole(1, 1, 2, math.nan, math.nan, 0))[0, 0] == 3
    assert over_time.resets(whole(5, 3, 4, 1))[0, 0] == 2


def test_quantiles_of_windows_of_all_lengths_and_of_changing_rank() -> None:
    random = np.random.default_rng(5)
    times = np.cumsum(random.integers(1, 40, 60))
    values = random.random((3, 60))
    ends = np.arange(1, 1200, 7)
    rank = np.where(np.arange(len(ends)) % 3, 0.9, np.nan)
    rank[::10] = 0.25
    windows = dense_windows(times, values, ends, 500)
    found = over_time.quantile_over_time(windows, rank)
    for step, (low, high) in enumerate(zip(windows.lo.tolist(), windows.hi.tolist(), strict=True)):
        if high > low and not np.isnan(rank[step]):
            np.testing.assert_allclose(found[:, step], np.quantile(values[:, low:high], rank[step], axis=1))
        else:
            assert np.isnan(found[:, step]).all()
