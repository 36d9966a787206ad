import numpy as np
import pytest

from collector.promql.kernels.windows import dense_windows, flat_windows, upper_bounds

TIMES = np.array([0, 10, 20, 30, 40], np.int64)


def test_windows_are_open_on_the_left() -> None:
    windows = dense_windows(TIMES, np.arange(5.0)[None, :], np.array([20, 30]), 20)
    assert (windows.lo.tolist(), windows.hi.tolist()) == ([1, 2], [3, 4])
    assert windows.reduce(np.add).tolist() == [[3, 5]]


def test_bounds_of_many_series_at_once() -> None:
    times = np.concatenate([TIMES, TIMES[:2] + 5])
    bounds = upper_bounds(times, np.array([0, 5, 7]), np.array([-10, 5, 20, 35, 50]))
    assert bounds.tolist() == [[0, 1, 3, 4, 5], [5, 6, 7, 7, 7]]


def test_series_need_not_begin_at_the_first_sample() -> None:
    bounds = upper_bounds(TIMES, np.array([2, 4, 5]), np.array([20, 40]))
    assert bounds.tolist() == [[3, 4], [4, 5]]


def test_both_shapes_agree() -> None:
    random = np.random.default_rng(1)
    values = random.normal(size=(3, 50))
    times = np.cumsum(random.integers(1, 20, 50))
    ends = np.arange(0, int(times[-1]) + 60, 13)
    dense = dense_windows(times, values, ends, 60)
    flat = flat_windows(np.tile(times, 3), values.ravel(), np.arange(4) * 50, ends, 60)
    filled = np.broadcast_to(dense.count > 0, dense.shape)
    assert (np.broadcast_to(dense.count, flat.count.shape) == flat.count).all()
    np.testing.assert_allclose(dense.reduce(np.add)[filled], flat.reduce(np.add)[filled])
    np.testing.assert_array_equal(dense.value_at(dense.last)[filled], flat.value_at(flat.last)[filled])


def test_resets_are_added_back() -> None:
    values = np.array([[1.0, 5, 2, 3, 1]])
    ends = np.array([40])
    for windows in (
        dense_windows(TIMES, values, ends, 100),
        flat_windows(TIMES, values.ravel(), np.array([0, 5]), ends, 100),
    ):
        result = np.zeros((1, 1))
        windows.add_resets(result)
        assert result[0, 0] == 8


@pytest.mark.parametrize("ufunc", [np.minimum, np.maximum, np.fmin, np.fmax])
def test_extremes_of_windows_of_all_lengths(ufunc: np.ufunc) -> None:
    random = np.random.default_rng(5)
    times = np.cumsum(random.integers(1, 40, 60))
    values = random.random((3, 60))
    values[random.random(values.shape) < 0.1] = np.nan
    windows = dense_windows(times, values, np.arange(1, 1200, 7), 500)
    reduced = windows.reduce(ufunc)
    for step, (low, high) in enumerate(zip(windows.lo.tolist(), windows.hi.tolist(), strict=True)):
        if high > low:
            np.testing.assert_array_equal(reduced[:, step], ufunc.reduce(values[:, low:high], axis=1))
