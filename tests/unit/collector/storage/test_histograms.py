from dataclasses import fields
from pathlib import Path

import numpy as np

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, CounterReset, FloatHistogram
from collector.storage.histogramchunks import decode_histograms, encode_histograms
from collector.storage.histograms import decode_histogram, encode_histogram, objects
from collector.storage.interface import FlatPart

from .storage_support import HOUR_MS, START_MS, FixedClock, matchers, opened, series

EXPONENTIAL = FloatHistogram(
    schema=3, count=12, sum=18.4, zero_threshold=0.001, zero_count=2,
    positive_spans=((0, 2), (1, 2)), positive=np.array([1.0, 3, 2, 1]),
    negative_spans=((0, 1),), negative=np.array([3.0]), counter_reset=CounterReset.RESET, integer=True,
)  # fmt: skip
CUSTOM = FloatHistogram(
    schema=CUSTOM_BUCKETS_SCHEMA, count=5.5, sum=np.inf, positive_spans=((0, 3),), positive=np.array([1.5, 3, 1]),
    custom_values=(0.1, 1.0), counter_reset=CounterReset.GAUGE,
)  # fmt: skip


def same(one: FloatHistogram, other: FloatHistogram) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))


def test_a_histogram_comes_back() -> None:
    for value in (EXPONENTIAL, CUSTOM, FloatHistogram()):
        assert same(decode_histogram(encode_histogram(value)), value)


def test_a_chunk_of_histograms_comes_back() -> None:
    values = [EXPONENTIAL, EXPONENTIAL, CUSTOM, FloatHistogram(), EXPONENTIAL]
    decoded = decode_histograms(encode_histograms(objects(values)))
    assert all(same(one, other) for one, other in zip(decoded.tolist(), values, strict=True))


def test_histograms_and_floats_of_a_series_live_together_in_head_log_and_block(tmp_path: Path) -> None:
    clock = FixedClock(START_MS + 1000)
    storage = opened(tmp_path, clock)
    mine = series("latency")
    storage.append_histograms([mine, mine], np.array([START_MS, START_MS + 1]), [EXPONENTIAL, CUSTOM])
    storage.append([mine], np.array([START_MS + 2]), np.array([4.0]))

    def check() -> None:
        (part,) = storage.select(matchers("latency"), 0, 2**62).parts
        assert isinstance(part, FlatPart)
        assert part.timestamps.tolist() == [START_MS, START_MS + 1, START_MS + 2]
        assert part.histograms is not None
        assert same(part.histograms[0], EXPONENTIAL)
        assert same(part.histograms[1], CUSTOM)
        assert part.histograms[2] is None
        assert part.values[2] == 4.0

    check()
    storage.close()
    storage = opened(tmp_path, clock)
    check()
    clock.ms += 4 * HOUR_MS
    storage.append([series("later")], np.array([clock.ms]), np.array([1.0]))
    storage.maintain(clock.ms)
    assert len(storage.blocks()) == 1
    assert len(storage.head.histograms.run()) == 0
    check()
    storage.close()
