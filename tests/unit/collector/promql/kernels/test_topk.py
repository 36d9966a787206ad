import numpy as np
import pytest

from collector.promql.kernels import topk
from collector.promql.kernels.grouping import Groups


def first_of(count: int) -> Groups:
    return Groups(np.zeros(count, np.int64), 1)


def as_prometheus(column: list[float], k: int, *, greatest: bool) -> list[int]:
    """The heap, step by step: the slow way that leaves nothing out."""
    values = [-value for value in column] if greatest else column
    heap: list[tuple[float, int]] = []
    for place, value in enumerate(values):
        if len(heap) < k:
            heap.append((value, place))
            topk._up(heap)
        elif heap and topk._worse(heap[0][0], value):
            heap[0] = (value, place)
            topk._down(heap)
    return [place for _, place in heap]


@pytest.mark.parametrize("greatest", [True, False])
def test_of_equal_samples_the_heap_decides(greatest: bool) -> None:
    random = np.random.default_rng(2)
    for size, k in ((5, 2), (40, 4), (400, 7), (400, 50)):
        values = random.integers(0, 12, (size, 6)).astype(float)
        values[random.random(values.shape) < 0.1] = np.nan
        mask = random.random(values.shape) < 0.8
        kept = topk.chosen(first_of(size), values, mask, np.full(6, k), greatest=greatest)
        for step in range(6):
            there = np.flatnonzero(mask[:, step])
            expected = there[as_prometheus(values[there, step].tolist(), k, greatest=greatest)]
            assert np.flatnonzero(kept[:, step]).tolist() == sorted(expected.tolist())


def test_each_group_and_step_has_its_own() -> None:
    groups = Groups(np.array([0, 1, 0, 1]), 2)
    values = np.array([[1.0, 4.0], [7.0, 7.0], [3.0, 2.0], [8.0, np.nan]])
    kept = topk.chosen(groups, values, None, np.array([1, 1]), greatest=True)
    assert kept.tolist() == [[False, True], [False, True], [True, False], [True, False]]
    kept = topk.chosen(groups, values, None, np.array([0, 2]), greatest=False)
    assert kept.tolist() == [[False, True], [False, True], [False, True], [False, True]]


def test_the_order_of_an_answer_is_by_group_and_value() -> None:
    groups = Groups(np.array([0, 1, 0, 1]), 2)
    values = np.array([1.0, 7.0, 3.0, 8.0])
    kept = np.ones(4, np.bool_)
    assert topk.in_order(groups, values, kept, None, 2, greatest=True).tolist() == [2, 0, 3, 1]
    assert topk.in_order(groups, values, kept, None, 2, greatest=False).tolist() == [0, 2, 1, 3]


def test_numbers_come_before_nan() -> None:
    values = np.array([np.nan, 1.0, np.nan, 2.0])
    kept = topk.chosen(first_of(4), values[:, None], None, np.array([3]), greatest=True)[:, 0]
    order = topk.in_order(first_of(4), values, kept, None, 3, greatest=True).tolist()
    assert order[:2] == [3, 1]
    assert order[2] in (0, 2)
    assert sorted(order) == np.flatnonzero(kept).tolist()


def test_equal_samples_of_an_instant_stand_as_in_prometheus() -> None:
    """Recorded from Prometheus 3.5: `topk(4, x)` and `bottomk(4, x)` over eight series with these values."""
    values = np.array([2.0, 1, 2, 3, 1, 3, 2, 1])
    for greatest, expected in ((True, [5, 3, 0, 2]), (False, [4, 7, 1, 2])):
        kept = topk.chosen(first_of(8), values[:, None], None, np.array([4]), greatest=greatest)[:, 0]
        assert topk.in_order(first_of(8), values, kept, None, 4, greatest=greatest).tolist() == expected


def test_a_limited_instant_stands_in_the_order_of_a_heap() -> None:
    """Group by group, the least first, the others where pushing has left them."""
    groups = Groups(np.array([0, 1, 0, 1, 0, 1, 0]), 2)
    values = np.array([5.0, 1, 4, 2, 3, 0, 9])
    kept = np.array([True, True, True, True, True, True, False])
    assert topk.pushed(groups, values, kept).tolist() == [4, 0, 2, 5, 3, 1]
