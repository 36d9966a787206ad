"""Pipelines along the buckets of their parent."""

from typing import Any

import pytest

from logstore.errors import ElasticError
from tests.unit.logstore.conftest import Bench

VALUES = [10.0, 20.0, None, 5.0, 45.0]
"""The sum of each minute; the third has no document."""


@pytest.fixture
async def minutes(bench: Bench) -> Bench:
    await bench.create(
        *[
            {"@timestamp": f"2026-11-20T11:{at:02d}:00Z", "fields": {"took": value, "n": at + 1}}
            for at, value in enumerate(VALUES)
            if value is not None
        ]
    )
    return bench


async def along(bench: Bench, parent: str = "date_histogram", **pipelines: Any) -> list[dict[str, Any]]:
    bodies = {
        "date_histogram": {"field": "@timestamp", "fixed_interval": "1m", "min_doc_count": 0},
        "terms": {"field": "fields.n", "order": {"_key": "asc"}},
    }
    aggs = {**pipelines, "took": {"sum": {"field": "fields.took"}}}
    answer = await bench.agg({parent: bodies[parent], "aggs": aggs})
    return answer["buckets"]  # type: ignore[no-any-return]


def values(buckets: list[dict[str, Any]], name: str) -> list[float | str | None]:
    return [bucket[name]["value"] if name in bucket else "-" for bucket in buckets]


async def test_each_kind(minutes: Bench) -> None:
    buckets = await along(
        minutes,
        change={"derivative": {"buckets_path": "took"}},
        total={"cumulative_sum": {"buckets_path": "took"}},
        two={"serial_diff": {"buckets_path": "took", "lag": 2}},
        mean={"moving_fn": {"buckets_path": "took", "window": 2, "script": "MovingFunctions.unweightedAvg(values)"}},
        half={"bucket_script": {"buckets_path": {"t": "took", "c": "_count"}, "script": "params.t / (params.c * 2)"}},
    )
    assert values(buckets, "change") == ["-", 10.0, "-", -15.0, 40.0]
    assert values(buckets, "total") == [10.0, 30.0, "-", 35.0, 80.0]
    assert values(buckets, "two") == ["-", "-", "-", -5.0, 25.0]
    assert values(buckets, "mean") == [None, 10.0, "-", 15.0, 12.5]
    assert values(buckets, "half") == [5.0, 10.0, "-", 2.5, 22.5]


async def test_empty_buckets_may_count_as_zero(minutes: Bench) -> None:
    buckets = await along(minutes, change={"derivative": {"buckets_path": "took", "gap_policy": "insert_zeros"}})
    assert values(buckets, "change") == ["-", 10.0, -20.0, 5.0, 40.0]


async def test_they_may_be_made_of_each_other_in_any_order(minutes: Bench) -> None:
    buckets = await along(
        minutes,
        second={"derivative": {"buckets_path": "first"}},
        first={"derivative": {"buckets_path": "_count"}},
    )
    assert values(buckets, "first") == ["-", 0.0, -1.0, 1.0, 0.0]
    assert (
        values(buckets, "second")[3] == 1.0
    )  # from the second minute on: the empty third is skipped, as Elasticsearch does


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("MovingFunctions.max(values)", 20.0),
        ("MovingFunctions.sum(values)", 30.0),
        ("MovingFunctions.linearWeightedAvg(values)", 50 / 3),
    ],
)
async def test_moving_functions(minutes: Bench, script: str, value: float) -> None:
    spec = {"buckets_path": "took", "window": 5, "script": script}
    buckets = await along(minutes, m={"moving_fn": spec})
    assert buckets[3]["m"]["value"] == pytest.approx(value)


async def test_a_division_by_zero_has_no_value(minutes: Bench) -> None:
    spec = {"buckets_path": {"t": "took"}, "script": {"source": "params.t / params.zero", "params": {"zero": 0}}}
    assert values(await along(minutes, "terms", q={"bucket_script": spec}), "q") == [None] * 4


@pytest.mark.parametrize(
    ("parent", "spec", "words"),
    [
        ("terms", {"derivative": {"buckets_path": "took"}}, "must have a histogram"),
        ("date_histogram", {"derivative": {"buckets_path": "nothing"}}, "No aggregation found"),
        ("date_histogram", {"derivative": {"buckets_path": "a"}}, "Cycle"),
        (
            "date_histogram",
            {"moving_fn": {"buckets_path": "took", "window": 3, "script": "MovingFunctions.holt(values, 1)"}},
            "holt",
        ),
        ("date_histogram", {"bucket_script": {"buckets_path": {"t": "took"}, "script": "Math.log(params.t)"}}, "only"),
        ("date_histogram", {"bucket_script": {"buckets_path": {"t": "took"}, "script": "__import__('os')"}}, "only"),
        ("date_histogram", {"serial_diff": {"buckets_path": "took", "colour": 1}}, "colour"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(minutes: Bench, parent: str, spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ElasticError, match=words) as caught:
        await along(minutes, parent, a=spec)
    assert caught.value.status == 400


async def test_top_metrics(minutes: Bench) -> None:
    spec = {"metrics": [{"field": "fields.took"}], "sort": {"@timestamp": "desc"}}
    answer = await minutes.agg({"top_metrics": spec})
    assert answer == {"top": [{"sort": ["2026-11-20T11:04:00.000Z"], "metrics": {"fields.took": 45.0}}]}
