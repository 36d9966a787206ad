"""The query engine: text in, `QueryResult` out. Thread-safe; each query runs in the thread that asks."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from collector.promql.block import Scalar, Value, finish_names
from collector.promql.columns import label_order, take
from collector.promql.effort import is_light
from collector.promql.errors import (
    ExecutionError,
    InvalidQueryError,
    ParseError,
    QueryCanceledError,
    QueryTimeoutError,
)
from collector.promql.evaluate import Evaluator
from collector.promql.functions import own_signatures
from collector.promql.parser import Parser, options_of
from collector.promql.parser.ast import Expr, MatrixSelector, Subquery, unwrap
from collector.promql.parser.signatures import DOCUMENTED
from collector.promql.plan import Plan
from collector.promql.ranges import parts_of, without_stale
from collector.promql.rawdata import flattened, shown_samples
from collector.promql.result import QueryResult, QueryStats
from collector.promql.run import SLICE, TOO_MANY, CancelToken, Run
from collector.promql.slices import sliceable
from collector.promql.steps import Steps
from collector.storage.interface import Queryable

_LIGHT_CHARACTERS: Final = 1000  # a longer text takes a while to be read


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Limits and language of an engine. 0 means no limit; features are named as Prometheus's feature flags."""

    lookback_ms: int = 300_000
    timeout_s: float = 120.0
    max_samples: int = 50_000_000
    max_concurrent: int = 20
    features: frozenset[str] = frozenset()
    default_step_ms: int = 60_000
    slice_cells: int = SLICE

    @property
    def slice_of_limit(self) -> int:
        """What a slice may hold: a small part of the limit, and no more than serves."""
        return min(self.slice_cells, max(1, self.max_samples // 4)) if self.max_samples else self.slice_cells


@dataclass(frozen=True, slots=True)
class ActiveQuery:
    """A query that is running or waits for its turn."""

    id: int
    text: str
    started_s: float
    start_ms: int
    end_ms: int
    step_ms: int
    token: CancelToken = field(repr=False)


class Engine:
    """Runs queries against a storage."""

    def __init__(
        self,
        queryable: Queryable,
        options: EngineOptions | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.queryable = queryable
        self.options = options or EngineOptions()
        self.default_step_ms = self.options.default_step_ms
        self.parser = Parser(options_of(self.options.features), own_signatures())
        self._monotonic = monotonic
        self._now = now
        self._turns = threading.Semaphore(self.options.max_concurrent or 2**31)
        self._lock = threading.Lock()
        self._active: dict[int, ActiveQuery] = {}
        self._ids = itertools.count(1)

    def instant(
        self,
        text: str,
        time_ms: int,
        *,
        cancel: CancelToken | None = None,
        timeout_s: float | None = None,
        lookback_ms: int | None = None,
        queryable: Queryable | None = None,
        light: bool = False,
    ) -> QueryResult:
        """The expression at one time. A `light` query does not wait for its turn. Raises `QueryError`."""
        expr = self.parser.parse(text)
        query = ActiveQuery(next(self._ids), text, self._now(), time_ms, time_ms, 0, cancel or CancelToken())
        return self._execute(query, expr, Steps(time_ms, 1, 1), timeout_s, lookback_ms, queryable, light=light)

    def range(
        self,
        text: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        *,
        cancel: CancelToken | None = None,
        timeout_s: float | None = None,
        lookback_ms: int | None = None,
        queryable: Queryable | None = None,
        light: bool = False,
    ) -> QueryResult:
        """The expression at start, start + step, ... up to end. A `light` query does not wait for its turn. Raises `QueryError`."""
        expr = self.parser.parse(text)
        if expr.type not in ("vector", "scalar"):
            found = f'invalid expression type "{DOCUMENTED[expr.type]}" for range query'
            raise InvalidQueryError(f"{found}, must be Scalar or instant Vector")
        query = ActiveQuery(next(self._ids), text, self._now(), start_ms, end_ms, step_ms, cancel or CancelToken())
        steps = Steps.between(start_ms, end_ms, step_ms)
        if self.options.max_samples and steps.count > self.options.max_samples:
            raise ExecutionError(TOO_MANY)
        return self._execute(query, expr, steps, timeout_s, lookback_ms, queryable, light=light)

    def is_light(self, text: str, start_ms: int, end_ms: int, step_ms: int, lookback_ms: int | None = None) -> bool:
        """Whether a query (step 0: an instant one) takes so little that it may run on the event loop, as `light`."""
        if len(text) > _LIGHT_CHARACTERS:
            return False
        try:
            expr = self.parser.parse(text)
        except ParseError:
            return False
        steps = Steps.between(start_ms, end_ms, step_ms or 1)
        return is_light(expr, steps, lookback_ms or self.options.lookback_ms, self.queryable.at_hand)

    def active(self) -> list[ActiveQuery]:
        """Queries that run or wait, oldest first."""
        with self._lock:
            return list(self._active.values())

    def kill(self, query_id: int) -> bool:
        """Stop a query; whether there was one."""
        with self._lock:
            query = self._active.get(query_id)
        if query is not None:
            query.token.cancel()
        return query is not None

    def _execute(
        self,
        query: ActiveQuery,
        expr: Expr,
        steps: Steps,
        timeout_s: float | None,
        lookback_ms: int | None,
        queryable: Queryable | None,
        *,
        light: bool,
    ) -> QueryResult:
        options = self.options
        limit = min(filter(None, (timeout_s, options.timeout_s)), default=float("inf"))
        deadline = self._monotonic() + limit
        stats = QueryStats()
        with self._registered(query), nullcontext() if light else self._turn(query.token, deadline, stats):
            run = Run(
                queryable or self.queryable,
                Plan(query.start_ms, query.end_ms, query.step_ms),
                lookback_ms or options.lookback_ms,
                options.max_samples,
                options.features,
                query.token,
                self._monotonic,
                deadline,
                self.default_step_ms,
                slice_cells=options.slice_of_limit,
                samples_per_step=np.zeros(steps.count, np.int64),
            )
            with np.errstate(all="ignore"):
                return self._run(run, query, expr, steps, stats)

    def _run(self, run: Run, query: ActiveQuery, expr: Expr, steps: Steps, stats: QueryStats) -> QueryResult:
        begin = self._monotonic()
        run.plan = Plan.of(expr, query.start_ms, query.end_ms, query.step_ms)
        run.plan.in_slices = sliceable(expr)
        evaluator = Evaluator(run)
        ranged = query.step_ms != 0
        stats.prepare_s = self._monotonic() - begin
        inner = unwrap(expr)
        if isinstance(inner, MatrixSelector | Subquery):
            result = _raw(evaluator, inner, steps)
        else:
            result = self._shaped(run, evaluator.eval(expr, steps), steps, ranged=ranged, stats=stats)
        result.warnings = (*run.storage_warnings, *run.notes.texts("warning", query.text))
        result.infos = run.notes.texts("info", query.text)
        stats.eval_s = self._monotonic() - begin
        stats.total_samples, stats.peak_samples = run.total_samples, run.peak_samples
        stats.samples_per_step = run.samples_per_step
        result.stats = stats
        return result

    def _shaped(self, run: Run, value: Value, steps: Steps, *, ranged: bool, stats: QueryStats) -> QueryResult:
        if isinstance(value, str):
            return QueryResult("string", steps.times, text=value)
        if isinstance(value, Scalar):
            values = value.values[None, :]
            kind = "matrix" if ranged else "scalar"
            labels = run.space.empty(1)
            return QueryResult(kind, steps.times, labels, values, np.ones(values.shape, np.bool_))  # type: ignore[arg-type]
        block = finish_names(value) if run.delayed_names else value
        begin = self._monotonic()
        if ranged and len(block) > 1:  # an instant vector stands in the order of the storage, or as `sort` left it
            order = label_order(block.labels)
            block = replace(block.rows(order), labels=take(block.labels, order))
        stats.sort_s = self._monotonic() - begin
        kind = "matrix" if ranged else "vector"
        return QueryResult(kind, steps.times, block.labels, block.values, block.mask(), block.hist)  # type: ignore[arg-type]

    @contextmanager
    def _registered(self, query: ActiveQuery) -> Iterator[None]:
        with self._lock:
            self._active[query.id] = query
        try:
            yield
        finally:
            with self._lock:
                del self._active[query.id]

    @contextmanager
    def _turn(self, token: CancelToken, deadline: float, stats: QueryStats) -> Iterator[None]:
        """Wait for one of the places for running queries."""
        begin = self._monotonic()
        while not self._turns.acquire(timeout=0.05):
            if token.canceled:
                raise QueryCanceledError("query was canceled in query queue")
            if self._monotonic() > deadline:
                raise QueryTimeoutError("query timed out in query queue")
        stats.queue_s = self._monotonic() - begin
        try:
            yield
        finally:
            self._turns.release()


def _raw(evaluator: Evaluator, node: MatrixSelector | Subquery, steps: Steps) -> QueryResult:
    """The samples of a range selector or subquery as they are."""
    run = evaluator.run
    if isinstance(node, Subquery):
        block, inner, ends, range_ms = evaluator.subquery_block(node, steps)
        block = finish_names(block) if run.delayed_names else block
        labels, parts = block.labels, parts_of(block, inner.times)
    else:
        ends = evaluator.ends(node.shift, steps)
        range_ms = run.plan.duration(node.range_ms, node.range_expr)
        labels, parts = shown_samples(run, node.vector, ends, range_ms)
    clean = [piece for part in parts for piece in without_stale(part)]
    labels, flat = flattened(labels, clean, ends.start - range_ms, ends.start)
    run.hold(len(flat.values))
    run.total_samples += len(flat.values)
    return QueryResult("matrix", np.zeros(0, np.int64), labels, raw=flat)
