"""Buckets by value or by query: terms, histogram, range, filter, filters, missing, global."""

import contextlib
import re
from typing import Any

from logstore import engine
from logstore.aggregations.base import MAX_BUCKETS, Agg, Bucket, Kind, Runner, is_date, kinds, option, path
from logstore.engine import Query
from logstore.errors import ElasticError, bad_request, parsing
from logstore.query import build
from logstore.query.base import any_of, none_of
from logstore.query.leaves import exists, in_indices, range_, term
from logstore.timestamps import iso, parse_date


def _show_key(runner: Runner, agg: Agg, bucket: dict[str, Any]) -> dict[str, Any]:
    """Key of a terms bucket as Elasticsearch shows it."""
    key = bucket["key"]
    if is_date(runner.field(agg)) and isinstance(key, str):
        with contextlib.suppress(ElasticError):  # a field may hold other strings beside dates
            ms = parse_date(key)
            return {"key": ms, "key_as_string": iso(ms)}
    out = {"key": int(key) if isinstance(key, float) and key.is_integer() else key}
    if "key_as_string" in bucket:
        out["key_as_string"] = bucket["key_as_string"]
    return out


class Terms(Kind):
    """The most frequent values."""

    bucketing = True

    def native(self, runner: Runner, agg: Agg) -> dict[str, Any] | None:
        option(
            agg.body,
            ("field", "size", "shard_size", "order", "min_doc_count", "shard_min_doc_count", "missing", "include", "exclude",
             "execution_hint", "collect_mode", "show_term_doc_count_error", "format", "value_type"),
            agg.kind,
        )  # fmt: skip
        where = runner.field(agg)
        if where.kind in ("index", "id"):
            return None
        size = int(agg.body.get("size", 10))
        if size <= 0:
            raise bad_request(f"[size] must be greater than 0. Found [{size}] in [{agg.name}]")
        spec: dict[str, Any] = {"field": path(where), "size": size, "segment_size": MAX_BUCKETS}
        if orders := _orders(agg.body.get("order")):
            name, direction = orders[0]
            spec["order"] = {name: direction}
        for key in ("min_doc_count", "missing"):
            if key in agg.body:
                spec[key] = agg.body[key]
        for key in ("include", "exclude"):
            if key in agg.body:
                spec[key] = _value_filter(agg.body[key])
        return {"terms": spec}

    def convert(self, runner: Runner, agg: Agg, result: dict[str, Any]) -> dict[str, Any]:
        buckets = []
        for bucket in result["buckets"]:
            runner.made_bucket()
            shown = _show_key(runner, agg, bucket)
            buckets.append({**shown, "doc_count": bucket["doc_count"], **runner.converted(agg, bucket)})
        _sort_buckets(buckets, agg.body.get("order"))
        return {
            "doc_count_error_upper_bound": 0,
            "sum_other_doc_count": result.get("sum_other_doc_count", 0),
            "buckets": buckets,
        }

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        if runner.field(agg).kind == "index":
            return self._indices(runner, agg, query)
        if runner.field(agg).kind == "id":
            raise bad_request("terms over [_id] is not supported by the Pharos log store")
        spec = self.native(runner, agg)
        assert spec is not None
        orders = _orders(agg.body.get("order"))
        needed = tuple(sub for sub in agg.subs if orders and sub.name == orders[0][0].partition(".")[0])
        inner = {sub.name: runner.native(sub) for sub in needed}
        if any(value is None for value in inner.values()):
            raise bad_request(f"ordering by [{orders[0][0]}] is not supported by the Pharos log store")
        found = runner.search(query, {"t": {**spec, "aggs": inner} if inner else spec})["t"]
        buckets = [
            Bucket(_show_key(runner, agg, bucket), _key_query(runner, agg, bucket)) for bucket in found["buckets"]
        ]
        filled = runner.filled(agg, query, buckets)
        _sort_buckets(filled, agg.body.get("order"))
        return {
            "doc_count_error_upper_bound": 0,
            "sum_other_doc_count": found.get("sum_other_doc_count", 0),
            "buckets": filled,
        }

    def _indices(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        names = [generation.name for generation in runner.view.generations.values()]
        buckets = [Bucket({"key": name}, in_indices(runner.context, name)) for name in names]
        filled = [bucket for bucket in runner.filled(agg, query, buckets) if bucket["doc_count"]]
        _sort_buckets(filled, agg.body.get("order"))
        size = int(agg.body.get("size", 10))
        return {
            "doc_count_error_upper_bound": 0,
            "sum_other_doc_count": sum(bucket["doc_count"] for bucket in filled[size:]),
            "buckets": filled[:size],
        }


def _key_query(runner: Runner, agg: Agg, bucket: dict[str, Any]) -> Query:
    name, key = agg.body["field"], bucket.get("key_as_string", bucket["key"])
    found = term(runner.context, name, _show_key(runner, agg, bucket)["key"] if is_date(runner.field(agg)) else key)
    if "missing" in agg.body and bucket["key"] == agg.body["missing"]:
        return any_of([found, none_of(exists(runner.context, name))])
    return found


def _orders(order: Any) -> list[tuple[str, str]]:
    """`[(name, asc|desc)]` of an `order`; empty for the default."""
    out = []
    for item in order if isinstance(order, list) else [order] if order else []:
        ((name, direction),) = item.items()
        out.append(({"_term": "_key"}.get(name, name).removesuffix(".value"), str(direction)))
    return out


def _sort_buckets(buckets: list[dict[str, Any]], order: Any) -> None:
    """The order asked for, ties by key, so that equal answers look equal."""
    buckets.sort(key=lambda bucket: (isinstance(bucket["key"], str), bucket["key"]))
    for name, direction in reversed(_orders(order) or [("_count", "desc")]):
        buckets.sort(key=lambda bucket: _order_value(bucket, name), reverse=direction == "desc")


def _order_value(bucket: dict[str, Any], name: str) -> Any:
    if name == "_key":
        return (isinstance(bucket["key"], str), bucket["key"])
    if name == "_count":
        return bucket["doc_count"]
    head, _, tail = name.partition(".")
    found = bucket.get(head, {})
    value = found.get(tail or "value", found.get("values", {}).get(tail, found.get("doc_count")))
    return float("-inf") if value is None else value


def _value_filter(value: Any) -> Any:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, dict):
        raise parsing("[include] by partition is not supported by the Pharos log store")
    return re.sub(r"(?<!\\)@", "@", str(value))


kinds.register("terms")(Terms())


class Histogram(Kind):
    """Numbers in steps."""

    bucketing = True

    def native(self, runner: Runner, agg: Agg) -> dict[str, Any] | None:
        option(
            agg.body,
            (
                "field",
                "interval",
                "offset",
                "min_doc_count",
                "extended_bounds",
                "hard_bounds",
                "keyed",
                "format",
                "missing",
                "order",
            ),
            agg.kind,
        )
        if float(agg.body.get("interval", 0)) <= 0:
            raise bad_request("[interval] must be >0 for histogram aggregation")
        spec = {"field": path(runner.field(agg)), "interval": agg.body["interval"]}
        for key in ("offset", "min_doc_count", "extended_bounds", "hard_bounds"):
            if key in agg.body:
                spec[key] = agg.body[key]
        return {"histogram": spec}

    def convert(self, runner: Runner, agg: Agg, result: dict[str, Any]) -> dict[str, Any]:
        buckets = []
        for bucket in result["buckets"]:
            runner.made_bucket()
            buckets.append({"key": bucket["key"], "doc_count": bucket["doc_count"], **runner.converted(agg, bucket)})
        return _keyed(agg, buckets, lambda bucket: str(bucket["key"]))

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        spec = self.native(runner, agg)
        assert spec is not None
        step, name = float(agg.body["interval"]), agg.body["field"]
        buckets = [
            Bucket(
                {"key": bucket["key"]}, range_(runner.context, name, {"gte": bucket["key"], "lt": bucket["key"] + step})
            )
            for bucket in runner.search(query, {"h": spec})["h"]["buckets"]
        ]
        return _keyed(agg, runner.filled(agg, query, buckets), lambda bucket: str(bucket["key"]))


def _keyed(agg: Agg, buckets: list[dict[str, Any]], name: Any) -> dict[str, Any]:
    return {"buckets": {name(bucket): bucket for bucket in buckets} if agg.body.get("keyed") else buckets}


kinds.register("histogram")(Histogram())


class Range(Kind):
    """Ranges of numbers, overlapping ones too."""

    bucketing = True

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        option(agg.body, ("field", "ranges", "keyed", "missing", "format"), agg.kind)
        buckets = []
        for wanted in agg.body.get("ranges", []):
            low, high = wanted.get("from"), wanted.get("to")
            bounds = {**({"gte": low} if low is not None else {}), **({"lt": high} if high is not None else {})}
            shown: dict[str, Any] = {"key": wanted.get("key") or f"{_side(low)}-{_side(high)}"}
            shown |= {name: float(side) for name, side in (("from", low), ("to", high)) if side is not None}
            inside = (
                range_(runner.context, agg.body["field"], bounds)
                if bounds
                else exists(runner.context, agg.body["field"])
            )
            buckets.append(Bucket(shown, inside))
        return _keyed(agg, runner.filled(agg, query, buckets), lambda bucket: bucket.pop("key"))


def _side(value: Any) -> str:
    return "*" if value is None else str(float(value))


kinds.register("range")(Range())


class Filter(Kind):
    """The documents of a query."""

    bucketing = True

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        inner = build(runner.context, agg.body) if agg.body else Query.all_query()
        return runner.filled(agg, query, [Bucket({}, inner)])[0]


kinds.register("filter")(Filter())


class Filters(Kind):
    """Several queries side by side."""

    bucketing = True

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        option(agg.body, ("filters", "other_bucket", "other_bucket_key", "keyed"), agg.kind)
        wanted = agg.body.get("filters")
        if not isinstance(wanted, dict | list):
            raise parsing(f"[filters] of the aggregation [{agg.name}] must be an object or a list")
        named = list(wanted.items()) if isinstance(wanted, dict) else [("", body) for body in wanted]
        queries = [build(runner.context, body) for _, body in named]
        names = [name for name, _ in named]
        if agg.body.get("other_bucket") or "other_bucket_key" in agg.body:
            queries.append(none_of(any_of(list(queries))))
            names.append(agg.body.get("other_bucket_key", "_other_"))
        filled = runner.filled(agg, query, [Bucket({}, inner) for inner in queries])
        return {"buckets": dict(zip(names, filled, strict=True)) if isinstance(wanted, dict) else filled}


kinds.register("filters")(Filters())


class Missing(Kind):
    """Documents without a field."""

    bucketing = True

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        name = agg.body.get("field")
        if not isinstance(name, str):
            raise bad_request(f"Required field [field] is missing in [{agg.name}]")
        return runner.filled(agg, query, [Bucket({}, none_of(exists(runner.context, name)))])[0]


kinds.register("missing")(Missing())


class Global(Kind):
    """All documents, whatever the query."""

    bucketing = True

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        everything = Query.all_query()
        count = engine.count(runner.view.searcher, everything)
        return {"doc_count": count, **runner.run(everything, agg.subs)}


kinds.register("global")(Global())
