import pytest

from collector.promql import Engine, EngineOptions, ExecutionError
from collector.storage.memory import MemoryStorage


def test_an_impossible_factor_is_an_error_only_where_there_are_samples() -> None:
    memory = MemoryStorage()
    memory.put({"__name__": "m"}, [(0, 1.0), (60_000, 2.0)])
    engine = Engine(memory, EngineOptions(features=frozenset({"promql-experimental-functions"})))
    assert len(engine.instant("double_exponential_smoothing(nothing[10m], 1, 0)", 60_000)) == 0
    assert len(engine.instant("double_exponential_smoothing(m[1m], 1, 0)", 600_000)) == 0
    with pytest.raises(ExecutionError, match=r"invalid smoothing factor\. Expected: 0 < sf < 1, got: 1\.000000"):
        engine.instant("double_exponential_smoothing(m[10m], 1, 0)", 60_000)
