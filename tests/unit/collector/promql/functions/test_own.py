import numpy as np
import pytest

from collector.promql import Engine, ExecutionError, ParseError, function
from collector.promql.functions.own import functions
from collector.storage.memory import MemoryStorage


@pytest.fixture
def engine() -> Engine:
    memory = MemoryStorage()
    memory.put({"__name__": "m", "a": "1"}, [(0, 1.0), (60_000, 5.0)])
    memory.put({"__name__": "m", "a": "2"}, [(0, 2.0)])
    return Engine(memory)


def test_a_numpy_function_becomes_a_promql_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "_plugins", {})

    @function("spread", args=("matrix",))
    def spread(times: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Greatest less least."""
        return values.max(axis=1) - values.min(axis=1)

    @function("plus", args=("vector", "scalar"))
    def plus(values: np.ndarray, number: np.ndarray) -> np.ndarray:
        return values + number

    memory = MemoryStorage()
    memory.put({"__name__": "m", "a": "1"}, [(0, 1.0), (60_000, 5.0)])
    memory.put({"__name__": "m", "a": "2"}, [(0, 2.0)])
    mine = Engine(memory)
    assert mine.instant("spread(m[5m])", 60_000).values.ravel().tolist() == [4, 0]
    assert mine.instant("plus(m, 1)", 60_000).values.ravel().tolist() == [6, 3]
    with pytest.raises(ParseError, match="expected type range vector"):
        mine.instant("spread(m)", 0)


def test_a_function_that_fails_fails_the_query_only(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    monkeypatch.setattr(functions, "_plugins", {})

    @function("broken", args=("vector",))
    def broken(values: np.ndarray) -> np.ndarray:
        raise ValueError("no luck")

    with pytest.raises(ExecutionError, match="function broken failed: no luck"):
        Engine(engine.queryable).instant("broken(m)", 0)


def test_names_of_promql_are_taken() -> None:
    with pytest.raises(ValueError, match="rate is a function of PromQL already"):
        function("rate", args=("matrix",))
    with pytest.raises(ValueError, match="neither a range vector nor an instant vector"):
        function("odd", args=("scalar",))
