"""Buckets of time: date_histogram (fixed and calendar intervals, time zones), auto_date_histogram, date_range."""

import itertools
import re
from datetime import UTC, timedelta, tzinfo
from typing import Any, Final

from logstore.aggregations.base import MAX_BUCKETS, Agg, Bucket, Kind, Runner, kinds, option, path
from logstore.engine import Query
from logstore.errors import ElasticError, bad_request
from logstore.query.leaves import range_
from logstore.timestamps import add_unit, floor_unit, from_ms, resolve, show, zone

_NS: Final = 1_000_000
_FIXED_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_CALENDAR: Final = {
    "minute": "m", "1m": "m", "hour": "h", "1h": "h", "day": "d", "1d": "d", "week": "w", "1w": "w", "month": "M",
    "1M": "M", "quarter": "q", "1q": "q", "year": "y", "1y": "y",
}  # fmt: skip
_AUTO_MS: Final = [
    s * 1000 for s in (1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800, 43200, 86400, 604800, 2592000, 7776000, 31536000)
]


class DateHistogram(Kind):
    """Time in steps. Fixed steps go to the index; calendar steps and changing offsets become explicit edges."""

    bucketing = True

    def native(self, runner: Runner, agg: Agg) -> dict[str, Any] | None:
        _check(agg)
        step = fixed_step(agg)
        shift = fixed_shift(agg)
        if step is None or shift is None:
            return None
        spec: dict[str, Any] = {
            "field": path(runner.field(agg)),
            "fixed_interval": f"{step}ms",
            "offset": f"{(_offset(agg) - shift) % step}ms",
            "min_doc_count": int(agg.body.get("min_doc_count", 0)),
        }
        for key in ("extended_bounds", "hard_bounds"):
            if bounds := _bounds(runner, agg, key):
                spec[key] = bounds
        return {"date_histogram": spec}

    def convert(self, runner: Runner, agg: Agg, result: dict[str, Any]) -> dict[str, Any]:
        buckets = []
        for bucket in result["buckets"]:
            runner.made_bucket()
            shown = _shown(agg, int(bucket["key"]))
            buckets.append({**shown, "doc_count": bucket["doc_count"], **runner.converted(agg, bucket)})
        return _answer(agg, buckets)

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        name = agg.body["field"]
        edges = self._edges(runner, agg, query)
        buckets = [
            Bucket(_shown(agg, low), range_(runner.context, name, {"gte": low, "lt": high, "format": "epoch_millis"}))
            for low, high in itertools.pairwise(edges)
        ]
        filled = runner.filled(agg, query, buckets)
        least = int(agg.body.get("min_doc_count", 0))
        return _answer(agg, [bucket for bucket in filled if bucket["doc_count"] >= least])

    def _edges(self, runner: Runner, agg: Agg, query: Query) -> list[int]:
        """Bucket boundaries over the documents found, and `extended_bounds`."""
        column = path(runner.field(agg))
        found = runner.search(query, {"low": {"min": {"field": column}}, "high": {"max": {"field": column}}})
        low, high = found["low"]["value"], found["high"]["value"]
        moments = [] if low is None else [int(low) // _NS, int(high) // _NS]
        wanted = _bounds(runner, agg, "extended_bounds") or {}
        if not int(agg.body.get("min_doc_count", 0)):
            moments += [wanted[key] for key in ("min", "max") if key in wanted]
        if not moments:
            return []
        edges = [floor_step(agg, min(moments))]
        while edges[-1] <= max(moments):
            edges.append(next_step(agg, edges[-1]))
            if len(edges) > MAX_BUCKETS:
                raise ElasticError(400, "too_many_buckets_exception", f"more than {MAX_BUCKETS} buckets")
        return edges


def _check(agg: Agg) -> None:
    option(
        agg.body,
        ("field", "fixed_interval", "calendar_interval", "interval", "time_zone", "offset", "format", "min_doc_count",
         "extended_bounds", "hard_bounds", "keyed", "order", "missing"),
        agg.kind,
    )  # fmt: skip
    if not any(key in agg.body for key in ("fixed_interval", "calendar_interval", "interval")):
        raise bad_request("Invalid interval specified, must be non-null and non-empty")


def _parse_ms(text: str) -> int:
    match = re.fullmatch(r"([+-]?\d+)(ms|s|m|h|d)", text.strip())
    if match is None:
        raise bad_request(f"failed to parse setting [date_histogram.fixedInterval] with value [{text}] as a time value")
    return int(match[1]) * _FIXED_MS[match[2]]


def _unit(agg: Agg) -> str | None:
    """The calendar unit, when one is meant."""
    text = agg.body.get("calendar_interval")
    if text is not None:
        if text not in _CALENDAR:
            raise bad_request(f"The supplied interval [{text}] could not be parsed as a calendar interval.")
        return _CALENDAR[text]
    return _CALENDAR.get(str(agg.body["interval"])) if "interval" in agg.body else None


def _zone(agg: Agg) -> tzinfo:
    return zone(agg.body.get("time_zone"))


def _offset(agg: Agg) -> int:
    return _parse_ms(str(agg.body["offset"])) if "offset" in agg.body else 0


def fixed_step(agg: Agg) -> int | None:
    """Milliseconds of a step that is always equally long; None for calendar steps that are not."""
    unit = _unit(agg)
    if unit is None:
        step = _parse_ms(str(agg.body.get("fixed_interval", agg.body.get("interval"))))
        if step <= 0:
            raise bad_request("[interval] must be 1 or greater for aggregation [date_histogram]")
        return step
    return _FIXED_MS[unit] if unit in ("m", "h") or (unit == "d" and fixed_shift(agg) is not None) else None


def fixed_shift(agg: Agg) -> int | None:
    """Milliseconds the zone is ahead of UTC; None when that changes in the course of a year."""
    where = _zone(agg)
    if where is UTC:
        return 0
    winter, summer = (from_ms(ms, where).utcoffset() or timedelta() for ms in (1_767_225_600_000, 1_782_864_000_000))
    return winter // timedelta(milliseconds=1) if winter == summer else None


def floor_step(agg: Agg, ms: int) -> int:
    offset, unit = _offset(agg), _unit(agg)
    if unit is not None:
        return floor_unit(ms - offset, unit, _zone(agg)) + offset
    step = fixed_step(agg)
    assert step is not None
    ahead = (from_ms(ms, _zone(agg)).utcoffset() or timedelta()) // timedelta(milliseconds=1)
    return ms - (ms - offset + ahead) % step


def next_step(agg: Agg, ms: int) -> int:
    unit = _unit(agg)
    if unit is not None:
        return add_unit(ms - _offset(agg), 1, unit, _zone(agg)) + _offset(agg)
    step = fixed_step(agg)
    assert step is not None
    following = floor_step(agg, ms + step)
    return following if following > ms else ms + step


def _bounds(runner: Runner, agg: Agg, key: str) -> dict[str, int] | None:
    """`extended_bounds` in milliseconds."""
    bounds = agg.body.get(key)
    if not bounds:
        return None
    where, now = _zone(agg), runner.context.now_ms
    return {side: resolve(bounds[side], now, where=where) for side in ("min", "max") if bounds.get(side) is not None}


def _shown(agg: Agg, ms: int) -> dict[str, Any]:
    return {"key_as_string": show(ms, agg.body.get("format"), _zone(agg)), "key": ms}


def _answer(agg: Agg, buckets: list[dict[str, Any]]) -> dict[str, Any]:
    order = agg.body.get("order")
    if isinstance(order, dict) and order:
        ((name, direction),) = order.items()
        buckets.sort(key=lambda b: b["doc_count"] if name == "_count" else b["key"], reverse=direction == "desc")
    if agg.body.get("keyed"):
        return {"buckets": {bucket["key_as_string"]: bucket for bucket in buckets}}
    return {"buckets": buckets}


kinds.register("date_histogram")(DateHistogram())


class AutoDateHistogram(Kind):
    """As many steps as asked for, at most, of a length people count in."""

    bucketing = True

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        option(agg.body, ("field", "buckets", "time_zone", "format", "minimum_interval", "missing"), agg.kind)
        column = path(runner.field(agg))
        found = runner.search(query, {"low": {"min": {"field": column}}, "high": {"max": {"field": column}}})
        low, high = found["low"]["value"], found["high"]["value"]
        if low is None:
            return {"buckets": [], "interval": "1s"}
        span, most = (high - low) / _NS, int(agg.body.get("buckets", 10))
        step = next((ms for ms in _AUTO_MS if span / ms <= most - 1), _AUTO_MS[-1])
        body: dict[str, Any] = {key: agg.body[key] for key in ("field", "time_zone", "format") if key in agg.body}
        inner = Agg(agg.name, "date_histogram", {**body, "fixed_interval": f"{step}ms"}, agg.subs)
        return {**runner.run(query, (inner,))[agg.name], "interval": f"{step // 1000}s"}


kinds.register("auto_date_histogram")(AutoDateHistogram())


class DateRange(Kind):
    """Ranges of time with date math."""

    bucketing = True

    def by_hand(self, runner: Runner, agg: Agg, query: Query) -> dict[str, Any]:
        option(agg.body, ("field", "ranges", "keyed", "format", "time_zone", "missing"), agg.kind)
        where, now, form = _zone(agg), runner.context.now_ms, agg.body.get("format")
        buckets = []
        for wanted in agg.body.get("ranges", []):
            sides = {s: resolve(wanted[s], now, where=where) for s in ("from", "to") if wanted.get(s) is not None}
            shown: dict[str, Any] = {}
            for side, ms in sides.items():
                shown |= {side: ms, f"{side}_as_string": show(ms, form, where)}
            key = f"{shown.get('from_as_string', '*')}-{shown.get('to_as_string', '*')}"
            bounds = {name: sides[side] for side, name in (("from", "gte"), ("to", "lt")) if side in sides}
            buckets.append(
                Bucket({"key": wanted.get("key", key), **shown}, range_(runner.context, agg.body["field"], bounds))
            )
        filled = runner.filled(agg, query, buckets)
        return {"buckets": {bucket.pop("key"): bucket for bucket in filled} if agg.body.get("keyed") else filled}


kinds.register("date_range")(DateRange())
