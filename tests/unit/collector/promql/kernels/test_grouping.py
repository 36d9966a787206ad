import numpy as np

from collector.promql.kernels import grouping
from collector.promql.kernels.grouping import Groups

GROUPS = Groups(np.array([1, 0, 1]), 2)
VALUES = np.array([[1.0, 2], [10, 20], [5, np.nan]])
MASK = np.array([[True, True], [True, False], [True, True]])


def test_sums_and_counts() -> None:
    assert grouping.sums(GROUPS, VALUES, MASK)[:, 0].tolist() == [10, 6]
    assert grouping.counts(GROUPS, MASK, 2).tolist() == [[1, 0], [2, 2]]


def test_extremes_pass_over_nan() -> None:
    assert grouping.extremes(GROUPS, VALUES, MASK, greatest=True)[1].tolist() == [5, 2]


def test_sums_over_series_are_compensated() -> None:
    column = np.array([[1e100], [1.5], [-1e100]])
    assert grouping.sums(Groups(np.zeros(3, np.int64), 1), column, None)[0, 0] == 1.5


def test_quantiles_interpolate() -> None:
    result = grouping.quantiles(Groups(np.zeros(3, np.int64), 1), VALUES, MASK, np.array([0.5, 1.0]))
    assert result.tolist() == [[5, 2]]
