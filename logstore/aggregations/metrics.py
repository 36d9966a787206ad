"""Single figures: avg, sum, min, max, stats, extended_stats, value_count, cardinality, percentiles, percentile_ranks, top_hits."""

from typing import Any, Final

from logstore import engine
from logstore.aggregations.base import Agg, Kind, Runner, is_date, kinds, option, path
from logstore.engine import Query
from logstore.errors import bad_request
from logstore.hits import page
from logstore.query.base import all_of
from logstore.query.leaves import exists, range_
from logstore.request import parse_request
from logstore.source_filter import values_at
from logstore.timestamps import iso, show

_NS: Final = 1_000_000


class Metric(Kind):
    """One number, straight from tantivy; dates come in nanoseconds and leave in milliseconds."""

    def __init__(self, native_name: str) -> None:
        self.native_name = native_name

    def native(self, runner: Runner, agg: Agg) -> dict[str, Any] | None:
        option(agg.body, ("field", "missing", "format", "precision_threshold", "sigma"), agg.kind)
        where = runner.field(agg)
        if where.kind in ("id", "index"):
            return None
        spec: dict[str, Any] = {"field": path(where)}
        if "missing" in agg.body:
            spec["missing"] = agg.body["missing"]
        return {self.native_name: spec}

    def convert(self, runner: Runner, agg: Agg, result: dict[str, Any]) -> dict[str, Any]:
        value = result.get("value")
        if agg.kind in ("value_count", "cardinality"):
            return {"value": int(value or 0)}
        if value is not None and agg.kind in ("min", "max", "avg") and is_date(runner.field(agg)):
            ms = value / _NS
            return {"value": ms, "value_as_string": show(int(ms), agg.body.get("format"))}
        return {"value": value if value is not None or agg.kind != "sum" else 0.0}

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        """`_id` and `_index`: every document has exactly one."""
        total = engine.count(runner.view.searcher, query)
        if agg.kind == "value_count" or (agg.kind == "cardinality" and agg.body["field"] == "_id"):
            return {"value": total}
        return {"value": None}


for _name in ("avg", "sum", "min", "max", "value_count", "cardinality"):
    kinds.register(_name)(Metric(_name))


class Stats(Metric):
    """Several numbers at once."""

    def convert(self, runner: Runner, agg: Agg, result: dict[str, Any]) -> dict[str, Any]:
        out = dict(result)
        if is_date(runner.field(agg)):
            for key in ("min", "max", "avg", "sum"):
                if out.get(key) is not None:
                    out[key] /= _NS
                    out[f"{key}_as_string"] = iso(int(out[key]))
        return out


kinds.register("stats")(Stats("stats"))
kinds.register("extended_stats")(Stats("extended_stats"))


class Percentiles(Metric):
    """Quantiles from a sketch (relative error about 1 %)."""

    def native(self, runner: Runner, agg: Agg) -> dict[str, Any] | None:
        option(agg.body, ("field", "percents", "keyed", "tdigest", "missing", "format"), agg.kind)
        spec: dict[str, Any] = {"field": path(runner.field(agg))}
        if "percents" in agg.body:
            spec["percents"] = [float(percent) for percent in agg.body["percents"]]
        return {"percentiles": spec}

    def convert(self, runner: Runner, agg: Agg, result: dict[str, Any]) -> dict[str, Any]:
        scale = _NS if is_date(runner.field(agg)) else 1
        asked = [float(p) for p in agg.body.get("percents", [1, 5, 25, 50, 75, 95, 99])]
        found = {float(key): value for key, value in result["values"].items()}
        pairs = [(percent, found.get(percent)) for percent in asked]
        shown = [(percent, None if value is None else value / scale) for percent, value in pairs]
        if agg.body.get("keyed", True):
            return {"values": {str(percent): value for percent, value in shown}}
        return {"values": [{"key": percent, "value": value} for percent, value in shown]}


kinds.register("percentiles")(Percentiles("percentiles"))


class PercentileRanks(Kind):
    """Which percentage lies at or below given values; exact, by counting."""

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        option(agg.body, ("field", "values", "keyed", "tdigest"), agg.kind)
        name = str(agg.body.get("field"))
        total = engine.count(runner.view.searcher, all_of([query, exists(runner.context, name)]))
        out: dict[str, Any] = {}
        for value in agg.body.get("values", []):
            below = all_of([query, range_(runner.context, name, {"lte": value})])
            out[str(float(value))] = 100.0 * engine.count(runner.view.searcher, below) / total if total else None
        if agg.body.get("keyed", True):
            return {"values": out}
        return {"values": [{"key": float(key), "value": value} for key, value in out.items()]}


kinds.register("percentile_ranks")(PercentileRanks())


class TopHits(Kind):
    """The first documents of each bucket."""

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        request = parse_request({"size": 3, "track_total_hits": True, **agg.body}, {})
        return {"hits": page(runner.view, runner.context, query, request)}


kinds.register("top_hits")(TopHits())


class TopMetrics(Kind):
    """Figures of the first document in an order."""

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        option(agg.body, ("metrics", "sort", "size"), agg.kind)
        metrics = agg.body.get("metrics")
        specs = metrics if isinstance(metrics, list) else [metrics]
        names = [str(spec["field"]) for spec in specs if isinstance(spec, dict) and "field" in spec]
        if not names or "sort" not in agg.body:
            raise bad_request(f"[top_metrics] [{agg.name}] requires [metrics] with fields, and [sort]")
        request = parse_request({"size": agg.body.get("size", 1), "sort": agg.body["sort"], "_source": names}, {})
        hits = page(runner.view, runner.context, query, request)["hits"]
        by_time = [key.field == "@timestamp" for key in request.sort]
        return {"top": [
            {
                "sort": [iso(v) if date and v is not None else v for v, date in zip(hit["sort"], by_time, strict=False)],
                "metrics": {name: next(iter(values_at(hit["_source"], name)), None) for name in names},
            }
            for hit in hits
        ]}  # fmt: skip


kinds.register("top_metrics")(TopMetrics())
