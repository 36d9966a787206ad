import numpy as np
import pytest

from collector.storage.columns import Column, copy_pieces, ranges


def test_ranges_are_listed_one_after_the_other() -> None:
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]


@pytest.mark.parametrize(
    ("first", "place", "lengths"),
    [
        ([3], [1], [4]),
        ([0, 4], [2, 6], [4, 4]),
        ([4, 0], [0, 4], [4, 4]),
        ([8, 0, 3], [9, 0, 4], [2, 3, 4]),
        ([], [], []),
    ],
)
def test_pieces_are_copied_to_their_places(first: list[int], place: list[int], lengths: list[int]) -> None:
    source, target = np.arange(12.0), np.full(12, -1.0)
    expected = target.copy()
    for begin, at, length in zip(first, place, lengths, strict=True):
        expected[at : at + length] = source[begin : begin + length]
    copy_pieces(source, np.array(first, np.int64), target, np.array(place, np.int64), np.array(lengths, np.int64))
    assert target.tolist() == expected.tolist()


def test_a_column_keeps_its_entries_as_it_outgrows_the_heap() -> None:
    column: Column[np.int64] = Column(np.int64)
    first = column.view()
    for begin in range(0, 100_000, 1000):
        column.extend(np.arange(begin, begin + 1000))
    column.append(100_000)
    column.fill_to(100_003, 7)
    assert column.view().tolist() == [*range(100_001), 7, 7]
    assert first.tolist() == []
