"""Range queries over coarser copies: the engine asks, the storage decides, answers stay within the documented error."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from collector.histogram import FloatHistogram
from collector.promql.engine import Engine, EngineOptions
from collector.storage.storage import Storage
from tests.unit.collector.storage.storage_support import HOUR_MS, START_MS, FixedClock, opened, series

pytestmark = pytest.mark.integration

MINUTE_MS = 60_000
HOURS = 34
RATE = 3.0 / 60  # of the counter, which is reset every 400 minutes


@pytest.fixture
def history(tmp_path: Path) -> Storage:
    """Samples every minute: a counter, a gauge and a native histogram; old hours are blocks with copies."""
    clock = FixedClock()
    storage = opened(tmp_path, clock, retention_ms=0)
    group = storage.open_group()
    group.reshape([series("requests_total"), series("level")])
    native = [series("latency")]
    for row in range(HOURS * 60):
        clock.ms += MINUTE_MS
        group.append_row(clock.ms, np.array([float(row % 400) * 3, np.sin(row / 300) * 10]))
        if row % 10 == 0:
            value = FloatHistogram(0, float(row), float(row), positive_spans=((0, 1),), positive=np.array([float(row)]))
            storage.append_histograms(native, np.array([clock.ms]), [value])
    storage.maintain(clock.ms)
    assert storage.copies.built > 2
    return storage


def asked(storage: Storage, text: str, step_ms: int, first: int = 2, last: int = 24, shift_ms: int = 0) -> list[float]:
    """One series at each step; NaN where it has no value."""
    engine = Engine(storage, EngineOptions())
    low, high = START_MS + first * HOUR_MS + shift_ms, START_MS + last * HOUR_MS + shift_ms
    result = engine.range(text, low, high, step_ms)
    assert len(result.values) == 1
    return np.where(result.present[0], result.values[0], np.nan).tolist()


def without_raw(storage: Storage) -> None:
    storage.store.replace([block for block in storage.store.blocks() if not block.meta.resolution_ms], [])


QUERIES = [
    ("rate(requests_total[2h])", 0.1 * RATE),
    ("increase(requests_total[2h])", 0.1 * RATE * 7200),
    ("max_over_time(level[1h])", 0.0),
    ("min_over_time(level[1h])", 0.0),
    ("last_over_time(level[1h])", 0.0),
    ("sum_over_time(level[1h])", 1e-9),
    ("avg_over_time(level[1h])", 1e-9),
    ("level", 0.0),
    ("sum(rate(requests_total[2h]))", 0.1 * RATE),
    ("max_over_time(level[2h] offset 1h)", 0.0),
]


@pytest.mark.parametrize(("text", "error"), QUERIES)
def test_answers_out_of_copies_stay_within_the_error(history: Storage, text: str, error: float) -> None:
    raw = asked(_undownsampled(history), text, HOUR_MS, first=4)
    assert asked(history, text, HOUR_MS, first=4) == pytest.approx(raw, abs=error, nan_ok=True)
    without_raw(history)
    assert asked(history, text, HOUR_MS, first=4) == pytest.approx(raw, abs=error, nan_ok=True)


def test_unaligned_steps_move_the_edges_by_a_window_at_most(history: Storage) -> None:
    shift = 137_000
    raw = asked(_undownsampled(history), "rate(requests_total[2h])", HOUR_MS, first=4, shift_ms=shift)
    coarse = asked(history, "rate(requests_total[2h])", HOUR_MS, first=4, shift_ms=shift)
    assert coarse != raw
    assert coarse == pytest.approx(raw, abs=0.1 * RATE)
    slope = 10 / 300 * 5  # of the gauge, in five minutes
    assert asked(history, "level", HOUR_MS, shift_ms=shift) == pytest.approx(
        asked(_undownsampled(history), "level", HOUR_MS, shift_ms=shift), abs=slope
    )


@pytest.mark.parametrize("text", ["level", "rate(requests_total[2h])", "max_over_time(level[1h])"])
def test_small_steps_are_answered_by_raw_samples_as_long_as_there_are_any(history: Storage, text: str) -> None:
    raw = asked(_undownsampled(history), text, MINUTE_MS, shift_ms=17_000)
    assert asked(history, text, MINUTE_MS, shift_ms=17_000) == raw
    without_raw(history)
    assert np.isfinite(asked(history, text, MINUTE_MS, shift_ms=17_000)).all()


def test_functions_of_single_samples_never_see_copies(history: Storage) -> None:
    for text in (
        "timestamp(level)",
        "count_over_time(level[2h])",
        "delta(level[2h])",
        "quantile_over_time(0.5, level[2h])",
    ):
        raw = asked(_undownsampled(history), text, HOUR_MS, shift_ms=17_000)
        assert asked(history, text, HOUR_MS, shift_ms=17_000) == raw


def test_native_histograms_are_read_where_they_are(history: Storage) -> None:
    text = "histogram_count(increase(latency[2h]))"
    assert asked(history, text, HOUR_MS) == asked(_undownsampled(history), text, HOUR_MS)


def test_the_switch(history: Storage) -> None:
    raw = asked(_undownsampled(history), "level", HOUR_MS, shift_ms=137_000)
    assert asked(history, "level", HOUR_MS, shift_ms=137_000) != raw
    history.close()
    off = Storage(history.path, replace(history.options, downsampling=False), history.clock)
    off.open()
    assert asked(off, "level", HOUR_MS, shift_ms=137_000) == raw


class _Raw:
    """A storage as it answers without hints."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def select(self, matchers, min_ms, max_ms, *, sample_limit=0, hint=None):  # type: ignore[no-untyped-def]
        return self._storage.select(matchers, min_ms, max_ms, sample_limit=sample_limit)


def _undownsampled(storage: Storage) -> Storage:
    return _Raw(storage)  # type: ignore[return-value]
