from pathlib import Path

import numpy as np

from .storage_support import START_MS, matchers, opened, series


def test_exemplars_are_found_by_series_and_time_and_outlive_a_restart(tmp_path: Path) -> None:
    storage = opened(tmp_path)
    one, two = series("a"), series("b")
    trace = (("trace_id", "x"),)
    storage.append([one, two], np.array([START_MS, START_MS]), np.array([1.0, 2.0]))
    storage.append_exemplars(
        [one, two, one], [(trace, 1.5, START_MS), (trace, 2.5, START_MS + 5), (trace, float("nan"), START_MS + 9)]
    )
    storage.append_exemplars([one], [(trace, 9.9, START_MS)])  # older than the newest: refused
    storage.append_exemplars([two], [((("trace_id", "y"),), 2.0, START_MS + 5)])  # as old, and smaller: so is this

    def found(text: str, low: int, high: int) -> list[tuple[str, list[int]]]:
        rows = storage.exemplars([matchers(text)], low, high)
        return [(labels["__name__"], [exemplar.timestamp_ms for exemplar in exemplars]) for labels, exemplars in rows]

    for _ in range(2):
        assert found('{__name__=~".+"}', 0, 2**62) == [("a", [START_MS, START_MS + 9]), ("b", [START_MS + 5])]
        assert found("a", START_MS + 1, 2**62) == [("a", [START_MS + 9])]
        storage.close()
        storage = opened(tmp_path)
    storage.close()


def test_the_ring_forgets_the_oldest(tmp_path: Path) -> None:
    storage = opened(tmp_path, max_exemplars=2)
    one = series("a")
    storage.append_exemplars([one] * 3, [((), float(number), START_MS + number) for number in range(3)])
    ((_, left),) = storage.exemplars([matchers("a")], 0, 2**62)
    assert [exemplar.value for exemplar in left] == [1.0, 2.0]
    storage.close()
