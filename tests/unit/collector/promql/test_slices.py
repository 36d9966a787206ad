"""Large selections evaluated slice by slice give what they give as a whole."""

import numpy as np
import pytest

from collector.histogram import FloatHistogram
from collector.promql.engine import Engine, EngineOptions
from collector.promql.errors import ExecutionError
from collector.promql.parser import Parser, options_of
from collector.promql.result import QueryResult
from collector.promql.slices import sliceable
from collector.storage.storage import Storage
from pharos.labels import LabelSet
from tests.unit.collector.storage.storage_support import FixedClock, opened

SERIES, ROWS = 90, 200
WHOLE, SLICED = EngineOptions(), EngineOptions(slice_cells=700)


def labelled(name: str, number: int) -> LabelSet:
    return (("__name__", name), ("code", ("200", "404", "500")[number % 3]), ("idx", str(number)))


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Storage:
    """Counters of one target, some that end early; others with times of their own; native histograms among floats."""
    random = np.random.default_rng(3)
    clock = FixedClock()
    storage = opened(tmp_path_factory.mktemp("slices"), clock)
    group = storage.open_group()
    group.reshape([labelled("requests_total", number) for number in range(SERIES)])
    rows = np.cumsum(random.integers(0, 9, (ROWS, SERIES)).astype(float), axis=0)
    rows[:, 7] = np.where(np.arange(ROWS) % 50 > 40, np.inf, rows[:, 7])
    late = [labelled("late", number) for number in range(20)]
    for row in rows:
        clock.ms += 15_000
        group.append_row(clock.ms, row)
        storage.append(late, clock.ms - random.integers(0, 9000, 20), random.random(20) - 0.5)
        mixed = [(("__name__", "mixed"), ("idx", str(number))) for number in range(12)]
        storage.append(mixed[:6], np.full(6, clock.ms), random.random(6))
        native = FloatHistogram(0, 3.0, float(row[0]), positive_spans=((0, 1),), positive=np.array([3.0]))
        storage.append_histograms(mixed[6:], np.full(6, clock.ms), [native] * 6)
    storage.maintain(clock.ms)
    return storage


def asked(storage: Storage, text: str, options: EngineOptions) -> QueryResult:
    end = storage.max_time
    return Engine(storage, options).range(text, end - 2_400_000, end, 60_000)


@pytest.mark.parametrize(
    "text",
    [
        "requests_total",
        "late",
        "mixed",
        "sum(requests_total)",
        "sum by (code) (rate(requests_total[5m]))",
        "avg by (code) (requests_total)",
        "avg(late)",
        "avg(mixed)",
        "sum(mixed)",
        "count without (idx) (requests_total > 500)",
        "max by (code) (abs(late) * 2)",
        "min(-requests_total)",
        "group by (idx) (requests_total)",
        "topk(3, rate(requests_total[5m]))",
        "quantile by (code) (0.9, increase(requests_total[10m]))",
        "stddev(requests_total)",
        "sum(requests_total) / count(late)",
        "rate(requests_total[5m]) / on (idx) requests_total",
        "max_over_time(sum(rate(requests_total[5m]))[10m:1m])",
        "quantile_over_time(0.9, requests_total[5m])",
        'rate({__name__=~"requests_.*"}[5m])',
        "sum(requests_total @ end())",
        "absent_over_time(requests_total[5m])",
        "timestamp(late)",
        "count_values('v', round(late))",
        "sum(nothing)",
    ],
)
def test_slices_make_the_same_whole(storage: Storage, text: str) -> None:
    whole, sliced = asked(storage, text, WHOLE), asked(storage, text, SLICED)
    assert [whole.labels.labels(row) for row in range(len(whole))] == [
        sliced.labels.labels(row) for row in range(len(sliced))
    ]
    assert (whole.present == sliced.present).all()
    where = whole.present
    np.testing.assert_allclose(sliced.values[where], whole.values[where], rtol=1e-12)
    assert (whole.histograms is None) == (sliced.histograms is None)
    assert (whole.warnings, whole.infos) == (sliced.warnings, sliced.infos)
    assert whole.stats.total_samples == sliced.stats.total_samples


def test_less_is_held_at_once(storage: Storage) -> None:
    text = "sum by (code) (rate(requests_total[5m]))"
    assert asked(storage, text, SLICED).stats.peak_samples < asked(storage, text, WHOLE).stats.peak_samples / 4


def test_the_limit_counts_what_is_held_at_once(storage: Storage) -> None:
    """90 series at 41 steps are 3,690 samples, out of 18,000 that are stored."""
    limited = EngineOptions(max_samples=3000)
    assert len(asked(storage, "count(requests_total)", limited)) == 1
    assert len(asked(storage, "max by (code) (max_over_time(requests_total[30m]))", limited)) == 3
    for text in ("requests_total", "topk(1, requests_total)", "stddev(rate(requests_total[5m]))"):
        with pytest.raises(ExecutionError, match="too many samples"):
            asked(storage, text, limited)


def test_equal_series_without_their_names_are_found_in_any_slice(storage: Storage) -> None:
    for options in (WHOLE, SLICED):
        with pytest.raises(ExecutionError, match="same labelset"):
            asked(storage, '-{__name__=~"requests_total|late"}', options)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("sum(a)", 1),
        ("topk(2, a)", 1),
        ("a + b", 2),
        ("sum(a + 1) by (x)", 1),
        ("rate(a[5m]) > scalar(b)", 2),
        ("sum(label_replace(a, 'x', '$1', 'y', '(.*)'))", 1),
        ("histogram_quantile(0.9, sum by (le) (rate(a[5m])))", 1),
        ("1 + vector(2)", 0),
    ],
)
def test_the_highest_nodes_are_taken(text: str, count: int) -> None:
    assert len(sliceable(Parser(options_of(frozenset())).parse(text))) == count
