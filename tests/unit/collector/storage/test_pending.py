"""Records of a replay put together."""

import numpy as np
import pytest

from collector.storage import pending, records
from collector.storage.interface import Rows, Timestamps, Values
from collector.storage.pending import PendingSamples


def record(sids: list[int], times: list[int]) -> memoryview:
    parts = records.samples_parts(np.array(sids), np.array(times), np.array(times, np.float64) / 2)
    return memoryview(b"".join(parts))


def test_samples_come_in_the_order_of_their_records_and_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "_AT_ONCE", 4)
    seen: list[tuple[list[int], list[int], list[float]]] = []

    def apply(sids: Rows, times: Timestamps, values: Values) -> None:
        seen.append((sids.tolist(), times.tolist(), values.tolist()))

    collected = PendingSamples(apply)
    for sid in range(3):
        collected.add(record([sid, 9], [sid, 10 + sid]))
    assert seen == [([0, 9, 1, 9], [0, 10, 1, 11], [0.0, 5.0, 0.5, 5.5])]
    collected.flush()
    assert seen[1:] == [([2, 9], [2, 12], [1.0, 6.0])]
    collected.flush()
    assert len(seen) == 2
