"""Aggregations along the buckets of their parent: derivative, cumulative_sum, serial_diff, moving_fn, bucket_script."""

import ast
import itertools
import math
import operator
import re
from collections.abc import Callable
from statistics import fmean, pstdev
from typing import Any, Final

from logstore.aggregations.base import Agg, Kind, kinds, option
from logstore.aggregations.pipelines import bucket_value
from logstore.errors import bad_request, unsupported

_FORMAT: Final = ("format", "gap_policy")
_HISTOGRAMS: Final = ("histogram", "date_histogram", "auto_date_histogram")


def _head(path: str) -> str:
    """The aggregation a path begins with."""
    return re.split(r"[.>\[]", path)[0]


class AlongBuckets(Kind):
    """A pipeline that stands inside the aggregation whose buckets it goes along."""

    pipeline = True

    def needs(self, agg: Agg) -> set[str]:
        paths = agg.body.get("buckets_path")
        found = paths.values() if isinstance(paths, dict) else [paths]
        return {_head(str(path)) for path in found}

    def check(self, agg: Agg, parent: Agg) -> None:
        """Raises `ElasticError` for a path that leads nowhere."""
        missing = self.needs(agg) - {"_count", "_key", *(sub.name for sub in parent.subs)}
        if missing:
            raise bad_request(f"No aggregation found for path [{min(missing)}]")


class ParentPipeline(AlongBuckets):
    """A figure more in each bucket, made of figures of this bucket and those before it."""

    options: tuple[str, ...] = ("buckets_path",)

    def across(self, agg: Agg, parent: Agg, buckets: list[dict[str, Any]]) -> None:
        option(agg.body, (*self.options, *_FORMAT), agg.kind)
        path = agg.body.get("buckets_path")
        if not isinstance(path, str):
            raise bad_request(f"[{agg.kind}] [{agg.name}] requires [buckets_path]")
        self.check(agg, parent)
        if parent.kind not in _HISTOGRAMS:
            raise bad_request(
                f"{agg.kind} aggregation [{agg.name}] must have a histogram, date_histogram or auto_date_histogram as parent"
            )
        known = [(bucket, value) for bucket in buckets if (value := _value(agg, bucket, path)) is not None]
        values = self.along([value for _, value in known], agg)
        for (bucket, _), value in zip(known, values, strict=True):
            if value is not None:
                bucket[agg.name] = {"value": value if math.isfinite(value) else None}

    def along(self, values: list[float], agg: Agg) -> list[float | None]:
        """The figure of each bucket; None where there is to be none."""
        raise NotImplementedError


def _value(agg: Agg, bucket: dict[str, Any], path: str) -> float | None:
    """A figure of a bucket; an empty bucket of a metric has none, and is skipped unless it is to count as zero."""
    policy = agg.body.get("gap_policy", "skip")
    if policy not in ("skip", "insert_zeros", "keep_values"):
        raise bad_request(f"Invalid gap policy: [{policy}], accepted values: [insert_zeros, skip, keep_values]")
    value = float(bucket["key"]) if path == "_key" else bucket_value(bucket, path)
    if policy == "insert_zeros" and (value is None or bucket["doc_count"] == 0):
        return 0.0
    return None if bucket["doc_count"] == 0 and path not in ("_count", "_key") and policy == "skip" else value


class Derivative(ParentPipeline):
    def along(self, values: list[float], agg: Agg) -> list[float | None]:
        return [None, *(after - before for before, after in itertools.pairwise(values))][: len(values)]


class CumulativeSum(ParentPipeline):
    def along(self, values: list[float], agg: Agg) -> list[float | None]:
        total, out = 0.0, list[float | None]()
        for value in values:
            total += value
            out.append(total)
        return out


class SerialDiff(ParentPipeline):
    options = ("buckets_path", "lag")

    def along(self, values: list[float], agg: Agg) -> list[float | None]:
        lag = int(agg.body.get("lag", 1))
        if lag < 1:
            raise bad_request("[lag] must be a positive integer")
        return [None if at < lag else value - values[at - lag] for at, value in enumerate(values)]


def _weighted(values: list[float]) -> float:
    return sum(weight * value for weight, value in enumerate(values, 1)) / sum(range(1, len(values) + 1))


_MOVING: Final[dict[str, Callable[[list[float]], float]]] = {
    "max": max, "min": min, "sum": math.fsum, "unweightedAvg": fmean, "linearWeightedAvg": _weighted,
}  # fmt: skip
_CALL: Final = re.compile(r"\s*(?:return\s+)?MovingFunctions\.(\w+)\(\s*values\s*(?:,\s*(.*?)\s*)?\)\s*;?\s*")


class MovingFunction(ParentPipeline):
    """`window` buckets before this one (moved by `shift`), through one of Elasticsearch's `MovingFunctions`."""

    options = ("buckets_path", "window", "shift", "script")

    def along(self, values: list[float], agg: Agg) -> list[float | None]:
        function = self._function(agg)
        window, shift = int(agg.body.get("window", 0)), int(agg.body.get("shift", 0))
        if window < 1:
            raise bad_request("[window] must be a positive, non-zero integer.")
        out: list[float | None] = []
        for at in range(len(values)):
            chosen = values[max(0, at - window + shift) : max(0, at + shift)]
            empty = 0.0 if function is math.fsum else math.nan
            out.append(function(chosen) if chosen else empty)
        return out

    def _function(self, agg: Agg) -> Callable[[list[float]], float]:
        script = agg.body.get("script")
        source = str(script.get("source") if isinstance(script, dict) else script)
        call = _CALL.fullmatch(source)
        if call and call[1] == "stdDev":
            return lambda values: pstdev(values) if len(values) > 1 else 0.0
        if call is None or call[2] or call[1] not in _MOVING:
            raise unsupported(f"the script [{source}] of [moving_fn]")
        return _MOVING[call[1]]


_OPERATORS: Final[dict[type[ast.AST], Callable[..., float]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: math.fmod,
}  # fmt: skip


class BucketScript(AlongBuckets):
    """Arithmetic over figures of one bucket: `params.errors / params.total * 100`."""

    def across(self, agg: Agg, parent: Agg, buckets: list[dict[str, Any]]) -> None:
        option(agg.body, ("buckets_path", "script", *_FORMAT), agg.kind)
        paths, script = agg.body.get("buckets_path"), agg.body.get("script")
        if not isinstance(paths, dict):
            raise bad_request(f"[bucket_script] [{agg.name}] requires [buckets_path] with a name for each path")
        self.check(agg, parent)
        source = str(script.get("source") if isinstance(script, dict) else script)
        constants = script.get("params", {}) if isinstance(script, dict) else {}
        tree = _expression(source, {*paths, *constants})
        for bucket in buckets:
            values = {name: _value(agg, bucket, path) for name, path in paths.items()}
            if None not in values.values():
                value = _computed(tree, {**constants, **values})
                bucket[agg.name] = {"value": value if math.isfinite(value) else None}


def _expression(source: str, names: set[str]) -> ast.expr:
    """The tree of a script that is only arithmetic. Raises `ElasticError` for one that is more."""
    text = re.sub(r"^\s*return\s+|;\s*$", "", source).strip()
    try:
        tree = ast.parse(text, mode="eval").body
        _computed(tree, dict.fromkeys(names, 1.0))
    except (SyntaxError, TypeError, ValueError, KeyError, RecursionError) as error:
        raise unsupported(f"the script [{source}]: only + - * / % over [params] is, it") from error
    return tree


def _computed(tree: ast.expr, values: dict[str, Any]) -> float:
    match tree:
        case ast.Constant(value=bool() | str() | bytes() | None):
            raise TypeError("not a number")
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Attribute(value=ast.Name(id="params"), attr=name):
            return float(values[name])
        case ast.Name(id=name):
            return float(values[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_computed(operand, values)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _divided(_computed(left, values), _computed(right, values))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_computed(left, values), _computed(right, values))
    raise TypeError(f"{type(tree).__name__} is no arithmetic")


def _divided(above: float, below: float) -> float:
    return above / below if below else math.nan


kinds.register("derivative")(Derivative())
kinds.register("cumulative_sum")(CumulativeSum())
kinds.register("serial_diff")(SerialDiff())
kinds.register("moving_fn")(MovingFunction())
kinds.register("bucket_script")(BucketScript())
