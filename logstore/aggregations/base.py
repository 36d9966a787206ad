"""The runner of aggregations and the interface of a kind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from logstore import engine
from logstore.engine import Query
from logstore.errors import ElasticError, bad_request, parsing
from logstore.query.base import Context, Target, all_of, target
from logstore.views import View
from pharos.registry import Registry

MAX_BUCKETS: Final = 65_536


@dataclass(frozen=True, slots=True)
class Agg:
    """One aggregation of a request."""

    name: str
    kind: str
    body: dict[str, Any]
    subs: tuple["Agg", ...] = ()
    meta: Any = None


@dataclass(slots=True)
class Bucket:
    """A bucket put together by hand: what it shows, and the query of its documents."""

    shown: dict[str, Any]
    query: Query


class Kind:
    """How one kind is answered. Kinds override what fits them."""

    bucketing = False
    pipeline = False

    def native(self, runner: "Runner", agg: Agg) -> dict[str, Any] | None:
        """tantivy's form of it without sub-aggregations; None when tantivy cannot."""
        return None

    def convert(self, runner: "Runner", agg: Agg, result: dict[str, Any]) -> dict[str, Any]:
        """tantivy's answer in Elasticsearch's form; sub-aggregations are converted by `runner.converted`."""
        raise NotImplementedError

    def by_hand(self, runner: "Runner", agg: Agg, query: Query) -> dict[str, Any]:
        """The answer when tantivy cannot."""
        raise NotImplementedError

    def finish(self, agg: Agg, siblings: dict[str, Any]) -> dict[str, Any] | None:
        """For pipelines: the answer from the finished siblings."""
        return None

    def needs(self, agg: Agg) -> set[str]:
        """For pipelines along the buckets of their parent: names of the figures it is made of."""
        return set()

    def across(self, agg: Agg, parent: Agg, buckets: list[dict[str, Any]]) -> None:
        """For pipelines along the buckets of their parent: put a figure into each."""


kinds: Final[Registry[Kind]] = Registry("aggregation")


def parse(aggs: Any) -> tuple[Agg, ...]:
    """The tree of a request. Raises `ElasticError`."""
    if not isinstance(aggs, dict):
        raise parsing("[aggs] malformed, expected an object")
    out = []
    for name, spec in aggs.items():
        if not isinstance(spec, dict):
            raise parsing(f"Aggregation definition for [{name}] malformed, expected an object")
        chosen = [key for key in spec if key not in ("aggs", "aggregations", "meta")]
        if len(chosen) != 1:
            raise parsing(f"Expected one aggregation type in [{name}], found {chosen or 'none'}")
        kind = chosen[0]
        if kind not in kinds:
            known = ", ".join(sorted(k.name for k in kinds))
            raise parsing(f"Unknown aggregation type [{kind}]: the Pharos log store knows {known}")
        body = spec[kind] if isinstance(spec[kind], dict) else {}
        subs = parse(spec.get("aggs") or spec.get("aggregations") or {})
        if subs and not kinds[kind].factory.bucketing:
            raise bad_request(
                f"Aggregator [{name}] of type [{kind}] cannot accept sub-aggregations",
                "aggregation_initialization_exception",
            )
        out.append(Agg(name, kind, body, subs, spec.get("meta")))
    return tuple(out)


def aggregate(view: View, context: Context, query: Query, aggs: Any) -> dict[str, Any]:
    """The `aggregations` of an answer. Raises `ElasticError`."""
    return Runner(view, context).run(query, parse(aggs))


@dataclass(slots=True)
class Runner:
    """Runs aggregations over one view."""

    view: View
    context: Context
    buckets_made: int = 0
    _native_cache: dict[int, dict[str, Any] | None] = field(default_factory=dict)

    def run(self, query: Query, aggs: tuple[Agg, ...]) -> dict[str, Any]:
        """Answers by name, for the documents of a query."""
        native = {agg.name: spec for agg in aggs if (spec := self.native(agg)) is not None}
        found = self.search(query, native) if native else {}
        out: dict[str, Any] = {}
        for agg in aggs:
            kind = kinds[agg.kind].factory
            if kind.pipeline:
                continue
            if agg.name in native:
                out[agg.name] = self.convert(agg, found[agg.name])
            else:
                out[agg.name] = kind.by_hand(self, agg, query)
                self._along(agg, out[agg.name])
            if agg.meta is not None:
                out[agg.name]["meta"] = agg.meta
        self._finish(aggs, out)
        return {agg.name: out[agg.name] for agg in aggs if agg.name in out}

    def search(self, query: Query, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return engine.aggregate(self.view.searcher, query, request)
        except ValueError as error:
            raise ElasticError(
                400, "illegal_argument_exception", f"aggregation refused by the index: {error}"
            ) from error

    def native(self, agg: Agg) -> dict[str, Any] | None:
        """tantivy's form of a whole subtree, when all of it has one."""
        key = id(agg)
        if key not in self._native_cache:
            self._native_cache[key] = self._native(agg)
        return self._native_cache[key]

    def _native(self, agg: Agg) -> dict[str, Any] | None:
        spec = kinds[agg.kind].factory.native(self, agg)
        if spec is None:
            return None
        subs = {}
        for sub in agg.subs:
            if kinds[sub.kind].factory.pipeline:
                continue
            inner = self.native(sub)
            if inner is None:
                return None
            subs[sub.name] = inner
        return {**spec, "aggs": subs} if subs else spec

    def convert(self, agg: Agg, result: dict[str, Any]) -> dict[str, Any]:
        out = kinds[agg.kind].factory.convert(self, agg, result)
        self._along(agg, out)
        return out

    @staticmethod
    def _along(parent: Agg, answer: dict[str, Any]) -> None:
        """Pipelines along the buckets of an answer, those that others are made of first."""
        waiting = [sub for sub in parent.subs if kinds[sub.kind].factory.pipeline]
        shown = answer.get("buckets", [])
        buckets = list(shown.values()) if isinstance(shown, dict) else shown
        while waiting:
            names = {sub.name for sub in waiting}
            ready = [sub for sub in waiting if not kinds[sub.kind].factory.needs(sub) & names]
            if not ready:
                raise bad_request(f"Cycle found with aggregation [{waiting[0].name}]")
            for sub in ready:
                kinds[sub.kind].factory.across(sub, parent, buckets)
            waiting = [sub for sub in waiting if sub not in ready]

    def converted(self, agg: Agg, bucket: dict[str, Any]) -> dict[str, Any]:
        """The sub-aggregations of one bucket of tantivy's answer."""
        out = {}
        for sub in agg.subs:
            if sub.name in bucket:
                out[sub.name] = self.convert(sub, bucket[sub.name])
        self._finish(agg.subs, out)
        return out

    def filled(self, agg: Agg, query: Query, buckets: Iterable[Bucket]) -> list[dict[str, Any]]:
        """Buckets put together by hand: count and sub-aggregations of each."""
        out = []
        for bucket in buckets:
            self.made_bucket()
            chosen = all_of([query, bucket.query])
            shown = {**bucket.shown, "doc_count": engine.count(self.view.searcher, chosen)}
            out.append({**shown, **self.run(chosen, agg.subs)})
        return out

    def made_bucket(self, count: int = 1) -> None:
        self.buckets_made += count
        if self.buckets_made > MAX_BUCKETS:
            raise ElasticError(
                400, "too_many_buckets_exception",
                f"Trying to create too many buckets. Must be less than or equal to: [{MAX_BUCKETS}]",
            )  # fmt: skip

    def field(self, agg: Agg) -> Target:
        """The field an aggregation is about. Raises `ElasticError`."""
        name = agg.body.get("field")
        if "script" in agg.body:
            raise parsing(f"[script] in the aggregation [{agg.name}] is not supported by the Pharos log store")
        if not isinstance(name, str):
            raise bad_request(f"Required one of fields [field, script], but none were specified. in [{agg.name}]")
        where = target(self.context, name)
        if where.kind == "message":
            raise bad_request(
                f"Fielddata is disabled on [{name}]: text fields are searched, not aggregated; use a keyword field"
            )
        return where

    @staticmethod
    def _finish(aggs: Iterable[Agg], out: dict[str, Any]) -> None:
        for agg in aggs:
            kind = kinds[agg.kind].factory
            if kind.pipeline and (answer := kind.finish(agg, out)) is not None:
                out[agg.name] = answer


def path(where: Target) -> str:
    """Where the column of a field is in the index."""
    return "@timestamp" if where.kind == "time" else where.whole


def is_date(where: Target) -> bool:
    return where.kind == "time" or where.has("date", "date_nanos")


def option(body: dict[str, Any], allowed: Iterable[str], name: str) -> None:
    """Refuse options nobody would notice were missing."""
    unknown = set(body) - set(allowed)
    if unknown:
        raise parsing(f"[{name}] the option [{sorted(unknown)[0]}] is not supported by the Pharos log store")


Shower = Callable[[int], str]
