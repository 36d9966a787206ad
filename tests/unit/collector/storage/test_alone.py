import numpy as np
import pytest

from collector.storage.alone import alone
from collector.storage.assemble import gather
from collector.storage.batch import Batch
from collector.storage.interface import ABSENT_NAN, STALE_NAN, DensePart, Values
from collector.storage.tombstones import Tombstones


class Pieces:
    """A batch of pieces of series 7 (or others), each on an axis of its own."""

    histograms = False

    def __init__(self, *pieces: tuple[list[int], list[float]], sids: list[int] | None = None) -> None:
        self.sids = np.array(sids or [7] * len(pieces))
        self.axis = np.arange(len(pieces))
        self.times = np.array([time for times, _ in pieces for time in times], np.int64)
        self.lengths = np.array([len(times) for times, _ in pieces])
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.absent = True
        self._values = [values for _, values in pieces]

    def fill(self, destination: np.ndarray, out: Values, objects: object) -> None:  # type: ignore[type-arg]
        for place, values in zip(destination.tolist(), self._values, strict=True):
            out[place : place + len(values)] = values


def samples(batches: list[Batch]) -> list[tuple[int, float]]:
    found = alone(batches, None)
    assert found is not None
    (part,) = found[1]
    assert isinstance(part, DensePart)
    assert (found[0].tolist(), part.rows.tolist()) == ([7], [0])
    return list(zip(part.timestamps.tolist(), part.values[0].tolist(), strict=True))


def test_pieces_of_all_places_follow_each_other_by_time() -> None:
    late, early = Pieces(([50], [5.0]), ([30, 40], [3.0, 4.0])), Pieces(([10, 20], [1.0, 2.0]))
    assert samples([late, early]) == [(10, 1.0), (20, 2.0), (30, 3.0), (40, 4.0), (50, 5.0)]


def test_absent_samples_are_left_out_and_stale_ones_told() -> None:
    assert samples([Pieces(([10, 20], [ABSENT_NAN, 2.0]))]) == [(20, 2.0)]
    found = alone([Pieces(([10, 20], [1.0, STALE_NAN]))], None)
    assert found is not None
    assert found[1][0].stale
    nothing = alone([Pieces(([10], [ABSENT_NAN]))], None)
    assert nothing is not None
    assert (len(nothing[0]), nothing[1]) == (0, [])


@pytest.mark.parametrize(
    "batches",
    [
        [Pieces(([10, 20], [1.0, 2.0])), Pieces(([20, 30], [2.0, 3.0]))],
        [Pieces(([10], [1.0]), ([20], [2.0]), sids=[7, 8])],
        [Pieces(([10], [1.0])), Pieces(([20], [2.0]), sids=[8])],
    ],
)
def test_overlaps_and_several_series_are_not_for_it_but_are_answered(batches: list[Batch]) -> None:
    assert alone(batches, None) is None
    assert sum(part.values.size for part in gather(batches)[1]) in (2, 3)


def test_a_series_with_deletions_is_not_for_it() -> None:
    deleted = Tombstones()
    deleted.add(np.array([7]), 0, 15)
    batches: list[Batch] = [Pieces(([10, 20], [1.0, 2.0]))]
    assert alone(batches, deleted) is None
    assert gather(batches, deleted=deleted)[1][0].values.tolist() == [2.0]
