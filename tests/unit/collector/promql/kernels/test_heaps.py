import numpy as np
import pytest

from collector.promql.kernels import heaps, topk
from collector.promql.kernels.grouping import Groups


@pytest.mark.parametrize("greatest", [True, False])
@pytest.mark.parametrize("k", [1, 2, 5, 17])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_all_steps_at_once_keep_what_each_alone_would(greatest: bool, k: int, missing: float) -> None:
    random = np.random.default_rng(k)
    for size in (1, 4, 30, 500):
        values = random.integers(0, 20, (size, 40)).astype(float)
        values[random.random(values.shape) < 0.05] = np.nan
        values[random.random(values.shape) < 0.05] = np.inf
        mask = random.random(values.shape) >= missing if missing else None
        rows, steps = heaps.kept_places(values, mask, k, greatest=greatest)
        for step in range(40):
            alone = topk.chosen(
                Groups(np.zeros(size, np.int64), 1),
                values[:, step, None],
                None if mask is None else mask[:, step, None],
                np.array([k]),
                greatest=greatest,
            )
            assert sorted(rows[steps == step].tolist()) == np.flatnonzero(alone[:, 0]).tolist()


def test_ascending_values_come_in_all_the_time() -> None:
    values = np.broadcast_to(np.arange(300.0)[:, None], (300, 20))
    rows, _ = heaps.kept_places(values, None, 3, greatest=True)
    assert np.unique(rows).tolist() == [297, 298, 299]


def test_many_steps_and_few_give_the_same() -> None:
    random = np.random.default_rng(9)
    groups = Groups(np.arange(200) % 3, 3)
    values = random.integers(0, 9, (200, 32)).astype(float)
    together = topk.chosen(groups, values, None, np.full(32, 4), greatest=True)
    for step in range(32):
        alone = topk.chosen(groups, values[:, step, None], None, np.array([4]), greatest=True)
        assert (alone[:, 0] == together[:, step]).all()
