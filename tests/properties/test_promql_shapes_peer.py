"""Random expressions of all of the language over random series of all shapes: a real Prometheus and our collector say the same.

Both are asked over HTTP: values, native histograms, errors, warnings and infos are compared. What the newer version explains stands in
`tests/support/version_differences.py`. Not generated, because the answer depends on rounding or on the order of series in storage: `topk`,
`bottomk`, `limitk`, `limit_ratio`; `predict_linear` to infinity; a `le` that is NaN.

`PHAROS_PROPERTY_EXAMPLES=5000 PHAROS_PROPERTY_SEED=7` asks for more, and for other ones.
"""

import os
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from collector.histogram import FloatHistogram
from pharos.labels import METRIC_NAME
from tests.support.promql_grammar import expressions
from tests.support.same_answers import difference
from tests.support.shaped_series import SPAN_MS, START_MS, DataSet, Series, data_set
from tests.support.two_servers import TwoServers, two_servers
from tests.support.version_differences import explained

pytestmark = [pytest.mark.peers, pytest.mark.integration]

EXAMPLES = int(os.environ.get("PHAROS_PROPERTY_EXAMPLES", "150"))
FIRST_SET = 100 * int(os.environ.get("PHAROS_PROPERTY_SEED", "1"))
SETS = max(8, EXAMPLES // 50)
FIRST_S, LAST_S = START_MS // 1000, (START_MS + SPAN_MS) // 1000


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoServers]:
    with two_servers(tmp_path_factory.mktemp("servers"), "promql-experimental-functions") as both:
        yield both


@pytest.fixture(scope="module")
def data(servers: TwoServers) -> list[DataSet]:
    sets = [data_set(FIRST_SET + number) for number in range(SETS)]
    for one in sets:
        servers.write(one.series)
    return sets


@given(draw=st.data(), second=st.integers(FIRST_S, LAST_S + 180))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_same_answers(servers: TwoServers, data: list[DataSet], draw: st.DataObject, second: int) -> None:
    chosen = draw.draw(st.sampled_from(data))
    query = draw.draw(expressions(chosen))
    steps = draw.draw(st.sampled_from([0, 0, 1, 7, 40]))
    if steps:
        step = draw.draw(st.sampled_from([1, 7.5, 37, 60, 300]))
        theirs, ours = servers.ask(
            "query_range", query=query, start=f"{second}", end=f"{second + steps * step}", step=f"{step}"
        )
    else:
        theirs, ours = servers.ask("query", query=query, time=f"{second}")
    found = difference(theirs, ours)
    if found is not None:
        reason = explained(query, set(chosen.kinds.values()), theirs, ours)
        assert reason is not None, f"{query} at {second}, {steps} steps, data set {chosen.number}: {found}"


@pytest.mark.parametrize("schema", [-4, -1, 0, 1, 5, 8])
def test_same_bounds_of_buckets(servers: TwoServers, schema: int) -> None:
    """Digit by digit; those of schema 8 from 1/2 to 2 are all there are."""
    count = 2 << max(schema, 0)
    histogram = FloatHistogram(
        schema, float(count), 1.0, positive_spans=((1 - count // 2, count),), positive=np.ones(count)
    )
    series = Series({METRIC_NAME: "bounds", "schema": str(schema)}, [(START_MS, histogram)])
    servers.write([series])
    theirs, ours = servers.ask("query", query=f'bounds{{schema="{schema}"}}', time=str(FIRST_S))
    assert (
        theirs["data"]["result"][0]["histogram"][1]["buckets"] == ours["data"]["result"][0]["histogram"][1]["buckets"]
    )
