import numpy as np

from collector.promql.kernels import classic

BOUNDS = np.array([0.1, 1, np.inf])


def counts(*values: float) -> "np.ndarray[tuple[int, int, int], np.dtype[np.float64]]":
    return np.array(values).reshape(1, len(values), 1)


def test_quantile() -> None:
    assert classic.quantile(np.array([0.5]), BOUNDS, counts(10, 30, 40))[0, 0] == 0.55
    assert classic.quantile(np.array([0.99]), BOUNDS, counts(10, 30, 40))[0, 0] == 1
    assert np.isnan(classic.quantile(np.array([0.5]), BOUNDS, counts(0, 0, 0))[0, 0])


def test_falling_buckets_are_lifted_and_reported() -> None:
    repaired, repair = classic.monotonic(BOUNDS, counts(10, 8, 20))
    assert repaired[0, :, 0].tolist() == [10, 10, 20]
    assert (repair.forced[0, 0], repair.min_bucket[0, 0], repair.max_diff[0, 0]) == (True, 1, 2)


def test_rounding_errors_are_not_worth_a_word() -> None:
    _, repair = classic.monotonic(BOUNDS, counts(10, 10 - 1e-12, 20))
    assert not repair.forced.any()


def test_fraction() -> None:
    assert classic.fraction(np.array([0.0]), np.array([0.55]), BOUNDS, counts(10, 30, 40))[0, 0] == 0.5


def test_without_the_last_bucket_only_impossible_quantiles_are_known() -> None:
    bounds = np.array([0.1, 1, 5])
    q = np.array([-1, 0.5, 2])
    three = np.repeat(counts(10, 8, 40), 3, axis=2)
    np.testing.assert_array_equal(classic.quantile(q, bounds, three), [[-np.inf, np.nan, np.inf]])
    assert np.isnan(classic.fraction(q, q + 1, bounds, three)).all()
    assert not classic.monotonic(bounds, three)[1].forced.any()
