import threading

import numpy as np
import pytest

from collector.promql import (
    CancelToken,
    Engine,
    EngineOptions,
    ExecutionError,
    InvalidQueryError,
    QueryCanceledError,
    QueryTimeoutError,
)
from collector.promql.result import QueryStats
from collector.storage.interface import DensePart, Selection
from collector.storage.memory import MemoryStorage
from collector.storage.symbols import LabelTable


def storage(series: int = 2, samples: int = 5) -> MemoryStorage:
    memory = MemoryStorage()
    for index in range(series):
        memory.put({"__name__": "m", "i": str(index)}, [(minute * 60_000, float(minute)) for minute in range(samples)])
    return memory


def test_kinds_of_answers() -> None:
    engine = Engine(storage())
    assert engine.instant("m", 60_000).kind == "vector"
    assert engine.instant("1 + 1", 0).values[0, 0] == 2
    assert engine.instant('"text"', 0).text == "text"
    raw = engine.instant("m[2m]", 120_000).raw
    assert raw is not None
    assert raw.timestamps.tolist() == [60_000, 120_000] * 2
    ranged = engine.range("m", 0, 120_000, 60_000)
    assert (ranged.kind, ranged.values.shape) == ("matrix", (2, 3))
    assert engine.range("1", 0, 60_000, 60_000).values.tolist() == [[1, 1]]


def test_range_queries_take_no_ranges() -> None:
    with pytest.raises(InvalidQueryError, match='invalid expression type "range vector" for range query'):
        Engine(storage()).range("m[5m]", 0, 60_000, 60_000)


def test_series_are_sorted_by_their_labels() -> None:
    memory = MemoryStorage()
    for name in ("b", "a", "c"):
        memory.put({"__name__": "m", "x": name}, [(0, 1.0)])
    result = Engine(memory).instant("m", 0)
    assert [result.labels.labels(row)["x"] for row in range(3)] == ["a", "b", "c"]


def test_too_many_samples() -> None:
    engine = Engine(storage(series=10), EngineOptions(max_samples=5))
    with pytest.raises(ExecutionError, match="would load too many samples into memory in query execution"):
        engine.instant("m", 60_000)


def test_a_matrix_that_would_not_fit_is_refused_beforehand() -> None:
    engine = Engine(storage(series=2), EngineOptions(max_samples=100))
    with pytest.raises(ExecutionError, match="too many samples"):
        engine.range("m", 0, 10**12, 1)
    roomy = Engine(storage(series=50), EngineOptions(max_samples=1000))
    with pytest.raises(ExecutionError, match="too many samples"):
        roomy.range("rate(m[5m])", 0, 999, 1)


def test_a_canceled_query_stops() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(QueryCanceledError):
        Engine(storage()).instant("m", 0, cancel=token)


def test_a_slow_query_times_out() -> None:
    ticks = iter(range(1000))
    engine = Engine(storage(), EngineOptions(timeout_s=2), monotonic=lambda: float(next(ticks)))
    with pytest.raises(QueryTimeoutError):
        engine.instant("sum(m) + sum(m)", 0)


def test_active_queries_are_listed_and_killed() -> None:
    engine: Engine
    seen: list[str] = []

    class Slow(MemoryStorage):
        def select(self, *args: object, **kwargs: object) -> Selection:
            for query in engine.active():
                seen.append(query.text)
                assert engine.kill(query.id)
            return Selection(
                LabelTable.build([(("__name__", "m"),)]),
                [DensePart(np.arange(1), np.zeros(1, np.int64), np.ones((1, 1)))],
            )

    engine = Engine(Slow())
    with pytest.raises(QueryCanceledError):
        engine.instant("sum(m)", 0)
    assert seen == ["sum(m)"]
    assert engine.active() == []
    assert not engine.kill(99)


def test_queries_wait_for_their_turn() -> None:
    inside, go_on = threading.Event(), threading.Event()

    class Blocking(MemoryStorage):
        def select(self, *args: object, **kwargs: object) -> Selection:
            inside.set()
            go_on.wait(5)
            return Selection(LabelTable.build([]))

    engine = Engine(Blocking(), EngineOptions(max_concurrent=1))
    first = threading.Thread(target=engine.instant, args=("m", 0))
    first.start()
    inside.wait(5)
    with pytest.raises(QueryTimeoutError, match="query queue"):
        engine.instant("m", 0, timeout_s=0.01)
    go_on.set()
    first.join(5)


def test_light_queries_need_no_turn() -> None:
    engine = Engine(storage(), EngineOptions(max_concurrent=1))
    with engine._turn(CancelToken(), 1e12, QueryStats()):
        assert engine.is_light("m", 0, 0, 0)
        assert len(engine.instant("m", 0, light=True)) == 2
        assert len(engine.range("m", 0, 60_000, 60_000, light=True)) == 2


def test_long_and_broken_texts_are_not_light() -> None:
    engine = Engine(storage())
    assert not engine.is_light("m" + " " * 1000, 0, 0, 0)
    assert not engine.is_light("m{", 0, 0, 0)


def test_what_a_query_cost() -> None:
    stats = Engine(storage()).range("sum_over_time(m[2m])", 120_000, 240_000, 60_000).stats
    assert stats.samples_per_step.tolist() == [4, 4, 4]
    assert stats.total_samples == 12


def test_delayed_name_removal() -> None:
    memory = MemoryStorage()
    memory.put({"__name__": "a"}, [(0, 1.0)])
    memory.put({"__name__": "b"}, [(0, 2.0)])
    text = 'sum by (__name__) (abs({__name__=~"a|b"}))'
    with pytest.raises(ExecutionError, match="same labelset"):
        Engine(memory).instant(text, 0)
    delayed = Engine(memory, EngineOptions(features=frozenset({"promql-delayed-name-removal"})))
    assert delayed.instant(f'label_replace({text}, "n", "$1", "__name__", "(.*)")', 0).values.ravel().tolist() == [1, 2]


def test_values_are_counted_by_their_text() -> None:
    memory = MemoryStorage()
    for name, values in {"a": [1.0, 2.0], "b": [1.0, float("nan")], "c": [-0.0, 2.0]}.items():
        memory.put(
            {"__name__": "m", "i": name, "g": "x" if name == "a" else "y"},
            [(60_000 * step, value) for step, value in enumerate(values)],
        )
    engine = Engine(memory)

    def counted(text: str) -> dict[tuple[tuple[str, str], ...], list[float]]:
        result = engine.range(text, 0, 60_000, 60_000)
        return {
            tuple(sorted(result.labels.labels(row).items())): np.where(
                result.present[row], result.values[row], 0
            ).tolist()
            for row in range(len(result))
        }

    assert counted('count_values("v", m)') == {
        (("v", "-0"),): [1, 0],
        (("v", "1"),): [2, 0],
        (("v", "2"),): [0, 2],
        (("v", "NaN"),): [0, 1],
    }
    assert counted('count_values by (g) ("v", m{i!="c"})') == {
        (("g", "x"), ("v", "1")): [1, 0],
        (("g", "x"), ("v", "2")): [0, 1],
        (("g", "y"), ("v", "1")): [1, 0],
        (("g", "y"), ("v", "NaN")): [0, 1],
    }
    assert counted('count_values without (i) ("g", m{i!="c"})') == {
        (("g", "1"),): [2, 0],
        (("g", "2"),): [0, 1],
        (("g", "NaN"),): [0, 1],
    }
    assert counted('count_values("v", nothing)') == {}


def test_subqueries_without_a_step_take_the_evaluation_interval() -> None:
    engine = Engine(storage())
    assert engine.instant("count_over_time(m[4m:])", 240_000).values[0, 0] == 4
    engine.default_step_ms = 30_000
    assert engine.instant("count_over_time(m[4m:])", 240_000).values[0, 0] == 8


def test_a_subquery_without_steps_asks_nothing() -> None:
    memory = storage()
    memory.put({"__name__": "n", "i": "0"}, [(0, 1.0)])
    engine = Engine(memory)
    clash = 'sum_over_time({__name__=~"m|n"}[1m] @ 0)'
    with pytest.raises(ExecutionError, match="same labelset"):
        engine.instant(clash, 0)
    assert len(engine.instant(f"sum_over_time(({clash})[1ms:1m])", 30_000)) == 0
