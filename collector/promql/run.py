"""One running query: what it may use, what it has cost, and whether somebody wants it to stop."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.promql.annotations import Annotations
from collector.promql.columns import LabelSpace
from collector.promql.errors import ExecutionError, QueryCanceledError, QueryTimeoutError
from collector.promql.plan import Plan
from collector.promql.ranges import Part
from collector.storage.interface import Queryable, SelectHint, Selection, SlicedQueryable, TooManySamplesError
from collector.storage.symbols import LabelTable
from pharos.matchers import Matcher

TOO_MANY = "query processing would load too many samples into memory in query execution"
SLICE: Final = 4_000_000  # samples or cells that are worked on together where slices will do: 32 MB

Request: TypeAlias = tuple[tuple[Matcher, ...], int, int, SelectHint | None]


class Slicing(IntEnum):
    """What a selection may not have too much of, because somebody can evaluate it in slices."""

    NO = 0
    SAMPLES = 1
    CELLS = 2


class LargeSelectionError(Exception):
    """More than one slice; caught where slices will do."""

    def __init__(self, request: Request) -> None:
        super().__init__("a large selection")
        self.request = request


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
    slice_cells: int = SLICE
    slicing: Slicing = Slicing.NO
    _selected: dict[Request, tuple[LabelTable, list[Part]]] = field(default_factory=dict)
    _last: Request | None = None

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
        if (
            self.slicing == Slicing.CELLS
            and series * steps > self.slice_cells
            and series > 1
            and self._last is not None
        ):
            raise LargeSelectionError(self._last)
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
        self._last = key
        if known is None:
            self.check()
            limit = min(self.slice_cells, self.max_samples or self.slice_cells) if self.slicing else self.max_samples
            try:
                selection = self.storage.select(matchers, min_ms, max_ms, sample_limit=limit, hint=hint)
            except TooManySamplesError as error:
                if self.slicing:
                    raise LargeSelectionError(key) from error
                raise ExecutionError(TOO_MANY) from error
            known = self._selected[key] = self._adopted(selection)
        return known

    def slices(self, request: Request, steps: int) -> Iterator[None]:
        """The series of a selection, some at a time: until the next one is asked for, `select` gives only these."""
        matchers, min_ms, max_ms, hint = request
        assert isinstance(self.storage, SlicedQueryable)
        size = self.slice_cells
        series = max(1, size // max(1, steps))
        self._selected.pop(request, None)
        try:
            for selection in self.storage.slices(matchers, min_ms, max_ms, samples=size, series=series, hint=hint):
                self._selected[request] = self._adopted(selection)
                yield
        finally:
            self._selected.pop(request, None)

    def _adopted(self, selection: Selection) -> tuple[LabelTable, list[Part]]:
        self.check()
        for warning in selection.warnings:
            self.storage_warnings[warning] = None
        return self.space.adopt(selection.labels), list(selection.parts)
