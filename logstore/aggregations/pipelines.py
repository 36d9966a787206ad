"""Aggregations over other aggregations: avg_bucket, sum_bucket, min_bucket, max_bucket, stats_bucket."""

from typing import Any

from logstore.aggregations.base import Agg, Kind, kinds
from logstore.errors import bad_request


class SiblingPipeline(Kind):
    """One figure over the buckets of a sibling, found by `buckets_path`."""

    pipeline = True

    def finish(self, agg: Agg, siblings: dict[str, Any]) -> dict[str, Any] | None:
        head, _, tail = str(agg.body.get("buckets_path", "")).partition(">")
        if head not in siblings:
            raise bad_request(f"No aggregation found for path [{agg.body.get('buckets_path')}]")
        buckets = siblings[head].get("buckets", [])
        rows = list(buckets.values()) if isinstance(buckets, dict) else buckets
        values = [(bucket, value) for bucket in rows if (value := bucket_value(bucket, tail or "_count")) is not None]
        numbers = [value for _, value in values]
        if agg.kind == "stats_bucket":
            return _stats(numbers)
        if not numbers:
            return {"value": 0.0 if agg.kind == "sum_bucket" else None}
        if agg.kind in ("min_bucket", "max_bucket"):
            best = min(numbers) if agg.kind == "min_bucket" else max(numbers)
            keys = [str(bucket.get("key_as_string", bucket.get("key"))) for bucket, value in values if value == best]
            return {"value": best, "keys": keys}
        return {"value": sum(numbers) / (len(numbers) if agg.kind == "avg_bucket" else 1)}


def bucket_value(bucket: dict[str, Any], path: str) -> float | None:
    """The figure of a bucket under a path such as `load`, `load.max` or `inner>load`."""
    head, _, rest = path.partition(">")
    if rest:
        return bucket_value(bucket.get(head, {}), rest)
    if head == "_count":
        return float(bucket["doc_count"])
    name, _, part = head.partition(".")
    found = bucket.get(name, {})
    value = found.get(part or "value", found.get("values", {}).get(part))
    return None if value is None else float(value)


def _stats(numbers: list[float]) -> dict[str, Any]:
    count = len(numbers)
    return {
        "count": count, "min": min(numbers, default=None), "max": max(numbers, default=None),
        "avg": sum(numbers) / count if count else None, "sum": sum(numbers),
    }  # fmt: skip


for _name in ("avg_bucket", "sum_bucket", "min_bucket", "max_bucket", "stats_bucket"):
    kinds.register(_name)(SiblingPipeline())
