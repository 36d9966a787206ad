"""Random expressions, answered by this engine and by a real Prometheus over the same samples.

Differences that are known and meant:
- `topk`, `bottomk`, `limitk` are left out: which of equal samples is chosen is not defined.
- Where numbers cancel each other to almost nothing (`deriv`, `stddev`, sums), the last digits may differ.
- Prometheus 3.14, whose rules this engine follows, looks for several matches before a comparison has dropped any; 3.5 looks afterwards.
- `@ end()` in a subquery that has an `@ end()` too: Prometheus reads no samples after the start of the range there, so none are generated.
"""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from collector.promql import Engine, EngineOptions, QueryError, QueryResult
from collector.storage.memory import MemoryStorage
from pharos.labels import label_set
from tests.support.prometheus import ask, prometheus
from tests.support.promql_expressions import SAMPLES, START_MS, STEP_MS, data, expressions

pytestmark = [pytest.mark.peers, pytest.mark.integration]

END_MS = START_MS + SAMPLES * STEP_MS
Answer = dict[tuple[tuple[str, str], ...], list[tuple[float, float]]]


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("peer"), data(), START_MS, STEP_MS) as address:
        yield address


@pytest.fixture(scope="module")
def engine() -> Engine:
    memory = MemoryStorage()
    for labels, values in data():
        memory.put(labels, [(START_MS + index * STEP_MS, value) for index, value in enumerate(values)])
    return Engine(memory, EngineOptions(features=frozenset({"promql-experimental-functions", "promql-duration-expr"})))


@given(expression=expressions(), minute=st.integers(2, 55), steps=st.sampled_from([0, 0, 1, 7]))
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_same_answers(peer: str, engine: Engine, expression: str, minute: int, steps: int) -> None:
    time_ms = START_MS + minute * 60_000
    expected, wrong = theirs(peer, expression, time_ms, steps)
    found, error = ours(engine, expression, time_ms, steps)
    if error is not None and error.startswith("multiple matches for labels"):
        return
    assert (error is None) == (wrong is None), f"{expression}: Prometheus says {wrong}, we say {error}"
    difference = differs(expected, found)
    assert difference is None, f"{expression} at {time_ms}: {difference}"


def theirs(peer: str, expression: str, time_ms: int, steps: int) -> tuple[Answer, str | None]:
    if steps:
        end = time_ms + steps * 37_000
        answer = ask(peer, "query_range", query=expression, start=str(time_ms / 1000), end=str(end / 1000), step="37")
    else:
        answer = ask(peer, "query", query=expression, time=str(time_ms / 1000))
    if answer["status"] == "error":
        return {}, answer["error"]
    return {label_set(item["metric"]): _points(item) for item in answer["data"]["result"]}, None


def _points(item: dict[str, Any]) -> list[tuple[float, float]]:
    points = item["values"] if "values" in item else [item["value"]]
    return [(float(time), float(value)) for time, value in points]


def ours(engine: Engine, expression: str, time_ms: int, steps: int) -> tuple[Answer, str | None]:
    try:
        if steps:
            result = engine.range(expression, time_ms, time_ms + steps * 37_000, 37_000)
        else:
            result = engine.instant(expression, time_ms)
    except QueryError as error:
        return {}, error.message
    return _answer(result), None


def _answer(result: QueryResult) -> Answer:
    answer: Answer = {}
    for row in range(len(result)):
        cells = zip(result.times_ms.tolist(), result.values[row].tolist(), result.present[row].tolist(), strict=True)
        points = [(time / 1000, value) for time, value, there in cells if there]
        if points:
            answer[label_set(result.labels.labels(row))] = points
    return answer


def differs(expected: Answer, found: Answer) -> str | None:
    """What is not the same, or None."""
    if expected.keys() != found.keys():
        return f"missing {expected.keys() - found.keys()}, too many {found.keys() - expected.keys()}"
    for labels, points in expected.items():
        if [time for time, _ in points] != [time for time, _ in found[labels]]:
            return f"{labels}: times {points} and {found[labels]}"
        for (time, wanted), (_, got) in zip(points, found[labels], strict=True):
            if not _close(wanted, got):
                return f"{labels} at {time}: {wanted} and {got}"
    return None


def _close(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-9)
