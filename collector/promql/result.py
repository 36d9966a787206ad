"""The answer to a query, in columns.

T steps, S series. An instant query has T = 1; its scalar is `values[0, 0]` with S = 1 and no labels.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from collector.storage.interface import FlatPart
from collector.storage.symbols import LabelTable, Symbols

Kind = Literal["vector", "matrix", "scalar", "string"]


@dataclass(slots=True)
class QueryStats:
    """What a query cost. Times in seconds; `samples_per_step`: int64[T] samples read at each step."""

    queue_s: float = 0.0
    prepare_s: float = 0.0
    eval_s: float = 0.0
    sort_s: float = 0.0
    total_samples: int = 0
    peak_samples: int = 0
    samples_per_step: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(slots=True)
class QueryResult:
    """One query's answer.

    kind      "vector" (instant), "matrix" (range query, or an instant query of a range selector or subquery), "scalar" or "string"
    labels    S series, in the order to show them
    times_ms  int64[T]
    values    float64[S, T]; meaningless where `present` is False or a histogram stands
    present   bool[S, T]; False is "no sample here", which a NaN is not. A series of a matrix with no sample at all is left out
    histograms object[S, T] or None when no sample is a native histogram; a `FloatHistogram` where the sample is one, else None
    raw       for an instant query of a range selector or subquery (kind "matrix", T = 0): the samples as they are, rows into `labels`
    text      the answer of kind "string"
    warnings, infos  texts with positions, as the HTTP API gives them, not shortened
    """

    kind: Kind
    times_ms: NDArray[np.int64]
    labels: LabelTable = field(default_factory=lambda: LabelTable(Symbols(), (), np.zeros((0, 0), np.int32)))
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    present: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    histograms: NDArray[np.object_] | None = None
    raw: FlatPart | None = None
    text: str = ""
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()
    stats: QueryStats = field(default_factory=QueryStats)

    def __len__(self) -> int:
        """How many series the answer has."""
        return len(self.labels)
