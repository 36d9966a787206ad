"""Every aggregation over the same thirty documents."""

from typing import Any

import pytest

from logstore.errors import ElasticError
from tests.unit.logstore.conftest import Bench


def counts(answer: dict[str, Any]) -> dict[Any, int]:
    buckets = answer["buckets"]
    if isinstance(buckets, dict):
        return {key: bucket["doc_count"] for key, bucket in buckets.items()}
    return {bucket.get("key_as_string", bucket["key"]): bucket["doc_count"] for bucket in buckets}


async def test_terms(filled: Bench) -> None:
    assert counts(await filled.agg({"terms": {"field": "level"}})) == {"error": 10, "info": 10, "warn": 10}
    pods = await filled.agg({"terms": {"field": "kubernetes.pod", "size": 2}})
    assert counts(pods) == {"cart-0": 8, "cart-1": 8}
    assert pods["sum_other_doc_count"] == 14
    assert counts(await filled.agg({"terms": {"field": "level", "include": ["warn"]}})) == {"warn": 10}
    assert counts(await filled.agg({"terms": {"field": "nope", "missing": "none"}})) == {"none": 30}
    assert counts(await filled.agg({"terms": {"field": "fields.ok"}})) == {"false": 15, "true": 15}
    ordered = await filled.agg(
        {"terms": {"field": "level", "order": {"worst": "desc"}}, "aggs": {"worst": {"max": {"field": "fields.took"}}}}
    )
    assert [bucket["key"] for bucket in ordered["buckets"]] == ["error", "warn", "info"]


async def test_terms_over_indices(filled: Bench) -> None:
    assert list(counts(await filled.agg({"terms": {"field": "_index"}})).values()) == [30]


async def test_time_in_fixed_steps(filled: Bench) -> None:
    answer = await filled.agg(
        {
            "date_histogram": {"field": "@timestamp", "fixed_interval": "10m"},
            "aggs": {"l": {"terms": {"field": "level"}}},
        }
    )
    assert [bucket["key"] for bucket in answer["buckets"]] == [1795172400000, 1795173000000, 1795173600000]
    assert counts(answer["buckets"][0]["l"]) == {"info": 4, "error": 3, "warn": 3}


async def test_empty_steps_up_to_the_bounds(filled: Bench) -> None:
    bounds = {"min": 1795172400000, "max": 1795176000000}
    spec = {"field": "@timestamp", "fixed_interval": "20m", "min_doc_count": 0, "extended_bounds": bounds}
    assert list(counts(await filled.agg({"date_histogram": spec})).values()) == [20, 10, 0, 0]


@pytest.mark.parametrize(
    ("interval", "zone", "key"),
    [
        ("day", "Asia/Shanghai", "2026-11-20T00:00:00.000+08:00"),
        ("month", "UTC", "2026-11-01T00:00:00.000Z"),
        ("week", "UTC", "2026-11-16T00:00:00.000Z"),
        ("day", "Europe/Berlin", "2026-11-20T00:00:00.000+01:00"),
        ("year", "+05:30", "2026-01-01T00:00:00.000+05:30"),
    ],
)
async def test_time_in_calendar_steps(filled: Bench, interval: str, zone: str, key: str) -> None:
    spec = {"date_histogram": {"field": "@timestamp", "calendar_interval": interval, "time_zone": zone}}
    assert counts(await filled.agg(spec)) == {key: 30}


async def test_time_ranges_and_automatic_steps(filled: Bench) -> None:
    ranges = [{"key": "old", "to": "2026-11-20T11:10"}, {"key": "new", "from": "now-50m"}]
    assert counts(await filled.agg({"date_range": {"field": "@timestamp", "ranges": ranges}})) == {"old": 10, "new": 20}
    automatic = await filled.agg({"auto_date_histogram": {"field": "@timestamp", "buckets": 5}})
    assert automatic["interval"] == "600s"
    assert sum(counts(automatic).values()) == 30


async def test_filters_and_what_is_below_them(filled: Bench) -> None:
    spec = {
        "filters": {"filters": {"bad": {"term": {"level": "error"}}}, "other_bucket": True},
        "aggs": {"pods": {"terms": {"field": "kubernetes.pod", "size": 1}}},
    }
    answer = await filled.agg(spec)
    assert counts(answer) == {"bad": 10, "_other_": 20}
    assert len(answer["buckets"]["bad"]["pods"]["buckets"]) == 1
    assert (await filled.agg({"filter": {"term": {"level": "warn"}}}))["doc_count"] == 10
    assert (await filled.agg({"missing": {"field": "nope"}}))["doc_count"] == 30
    narrowed = await filled.agg(
        {"global": {}, "aggs": {"n": {"value_count": {"field": "level"}}}}, query={"ids": {"values": ["d1"]}}
    )
    assert (narrowed["doc_count"], narrowed["n"]["value"]) == (30, 30)


async def test_buckets_below_buckets_that_tantivy_cannot_nest(filled: Bench) -> None:
    spec = {
        "terms": {"field": "level"},
        "aggs": {
            "fast": {"filter": {"range": {"fields.took": {"lt": 5}}}, "aggs": {"m": {"max": {"field": "fields.took"}}}}
        },
    }
    answer = await filled.agg(spec)
    assert {b["key"]: (b["fast"]["doc_count"], b["fast"]["m"]["value"]) for b in answer["buckets"]} == {
        "info": (4, 4.5), "warn": (3, 3.5), "error": (3, 4.0),
    }  # fmt: skip


async def test_numbers_in_steps_and_ranges(filled: Bench) -> None:
    assert counts(await filled.agg({"histogram": {"field": "fields.took", "interval": 5}})) == {
        0.0: 10,
        5.0: 10,
        10.0: 10,
    }
    ranges = [{"to": 5}, {"from": 2.5, "to": 10}, {"key": "all"}]
    assert counts(await filled.agg({"range": {"field": "fields.took", "ranges": ranges}})) == {
        "*-5.0": 10, "2.5-10.0": 15, "all": 30,
    }  # fmt: skip


async def test_single_figures(filled: Bench) -> None:
    took = {"field": "fields.took"}
    assert (await filled.agg({"sum": took}))["value"] == 217.5
    assert (await filled.agg({"stats": took}))["max"] == 14.5
    assert (await filled.agg({"cardinality": {"field": "kubernetes.pod"}}))["value"] == 4
    assert (await filled.agg({"percentiles": {**took, "percents": [50]}}))["values"]["50.0"] == pytest.approx(
        7, rel=0.1
    )
    assert (await filled.agg({"percentile_ranks": {**took, "values": [4.5]}}))["values"]["4.5"] == pytest.approx(
        100 / 3
    )
    newest = await filled.agg({"max": {"field": "@timestamp"}})
    assert newest["value_as_string"] == "2026-11-20T11:29:00.029Z"
    assert (await filled.agg({"avg": {"field": "nope"}}))["value"] is None


async def test_top_hits_and_figures_over_buckets(filled: Bench) -> None:
    spec = {
        "terms": {"field": "level"},
        "aggs": {"top": {"top_hits": {"size": 1, "sort": [{"@timestamp": "desc"}], "_source": ["message"]}}},
    }
    tops = {b["key"]: b["top"]["hits"]["hits"][0]["_id"] for b in (await filled.agg(spec))["buckets"]}
    assert tops == {"error": "d29", "warn": "d28", "info": "d27"}
    answer = await filled.search(
        size=0,
        aggs={
            "t": {"date_histogram": {"field": "@timestamp", "fixed_interval": "20m"}},
            "most": {"max_bucket": {"buckets_path": "t>_count"}},
        },
    )
    assert answer["aggregations"]["most"] == {"value": 20.0, "keys": ["2026-11-20T11:00:00.000Z"]}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"significant_terms": {"field": "level"}}, "Unknown aggregation type \\[significant_terms\\]"),
        ({"terms": {"field": "message"}}, "Fielddata is disabled"),
        ({"terms": {"field": "level", "size": 0}}, "must be greater than 0"),
        ({"date_histogram": {"field": "@timestamp"}}, "Invalid interval"),
        (
            {"avg": {"field": "fields.took"}, "aggs": {"x": {"max": {"field": "fields.took"}}}},
            "cannot accept sub-aggregations",
        ),
        ({"terms": {"field": "level", "partition": 1}}, "option \\[partition\\] is not supported"),
    ],
)
async def test_refusals(filled: Bench, spec: dict[str, Any], reason: str) -> None:
    with pytest.raises(ElasticError, match=reason):
        await filled.agg(spec)


async def test_terms_of_dates_are_moments(filled: Bench) -> None:
    seen = await filled.agg({"terms": {"field": "fields.seen", "size": 1, "order": {"_key": "asc"}}})
    assert seen["buckets"] == [{"key": 1793491200000, "key_as_string": "2026-11-01T00:00:00.000Z", "doc_count": 10}]
