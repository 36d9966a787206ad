"""Registering while maintenance counts."""

from pathlib import Path

import numpy as np

from .storage_support import FixedClock, opened, series


def test_series_that_come_while_the_living_are_counted_wait(tmp_path: Path) -> None:
    storage = opened(tmp_path, FixedClock())
    group = storage.open_group()
    group.reshape([series("a")])
    head = storage.head
    held = []

    def living() -> list[np.ndarray]:
        held.append(head.steady._is_owned())  # type: ignore[attr-defined]
        return [layout.sids.view() for layout in head.layouts.values()]

    head.count_living(living)
    assert held == [True, True]
    assert head.series_count == 1
