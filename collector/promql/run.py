"""One running query: what it may use, what it has cost, and whether somebody wants it to stop."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from collector.promql.annotations import Annotations
from collector.promql.columns import LabelSpace
from collector.promql.errors import ExecutionError, QueryCanceledError, QueryTimeoutError
from collector.promql.plan import Plan
from collector.promql.ranges import Part
from collector.storage.interface import Queryable, SelectHint, TooManySamplesError
from collector.storage.symbols import LabelTable
from pharos.matchers import Matcher

TOO_MANY = "query processing would load too many samples into memory in query execution"


class CancelToken:
    """Says to a query that its answer is no longer wanted. Any thread may cancel."""

    __slots__ = ("canceled",)

    def __init__(self) -> None:
        self.canceled = False

    def cancel(self) -> None:
        self.canceled = True


@dataclass(slots=True)
class Run:
    """State of one query; belongs to one thread."""

    storage: Queryable
    plan: Plan
    lookback_ms: int
    max_samples: int
    features: frozenset[str]
    token: CancelToken
    monotonic: Callable[[], float]
    deadline: float
    default_step_ms: int = 60_000
    notes: Annotations = field(default_factory=Annotations)
    storage_warnings: dict[str, None] = field(default_factory=dict)
    space: LabelSpace = field(default_factory=LabelSpace)
    total_samples: int = 0
    peak_samples: int = 0
    held_samples: int = 0
    samples_per_step: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    _selected: dict[tuple[object, ...], tuple[LabelTable, list[Part]]] = field(default_factory=dict)

    @property
    def delayed_names(self) -> bool:
        return "promql-delayed-name-removal" in self.features

    def check(self) -> None:
        """Raises when the query was cancelled or takes too long."""
        if self.token.canceled:
            raise QueryCanceledError("query was canceled in expression evaluation")
        if self.monotonic() > self.deadline:
            raise QueryTimeoutError("query timed out in expression evaluation")

    def hold(self, cells: int) -> None:
        """Account for samples in memory. Raises `ExecutionError` beyond the limit."""
        self.held_samples += cells
        self.peak_samples = max(self.peak_samples, self.held_samples)
        if self.max_samples and self.held_samples > self.max_samples:
            raise ExecutionError(TOO_MANY)

    def check_room(self, series: int, steps: int) -> None:
        """Refuse a matrix before it takes memory. Most of its cells may be empty, so that it may be larger than the sample limit."""
        if self.max_samples and series * steps > 4 * self.max_samples:
            raise ExecutionError(TOO_MANY)

    def release(self, cells: int) -> None:
        self.held_samples -= cells

    def select(
        self, matchers: list[Matcher], min_ms: int, max_ms: int, hint: SelectHint | None = None
    ) -> tuple[LabelTable, list[Part]]:
        """Samples of the storage; the same question is asked once. `hint` allows coarser copies."""
        key = (tuple(matchers), min_ms, max_ms, hint)
        known = self._selected.get(key)
        if known is None:
            self.check()
            try:
                selection = self.storage.select(matchers, min_ms, max_ms, sample_limit=self.max_samples, hint=hint)
            except TooManySamplesError as error:
                raise ExecutionError(TOO_MANY) from error
            self.check()
            for warning in selection.warnings:
                self.storage_warnings[warning] = None
            known = self._selected[key] = (self.space.adopt(selection.labels), list(selection.parts))
        return known
