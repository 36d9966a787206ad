"""Query answers as plain samples, the form in which rules think."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from collector.histogram import FloatHistogram
from collector.promql.result import QueryResult
from pharos.labels import Labels


class RuleError(Exception):
    """An evaluation that gave no usable answer."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an instant vector."""

    labels: Labels
    value: float
    histogram: FloatHistogram | None = None


# `(expression, time in ms) -> instant vector`. Raises `QueryError` or `RuleError`.
QueryFunction: TypeAlias = Callable[[str, int], list[Sample]]


def vector(result: QueryResult) -> list[Sample]:
    """The samples of an instant query's answer; a scalar is one sample without labels. Raises `RuleError`."""
    if result.kind == "scalar":
        return [Sample({}, float(result.values[0, 0]))]
    if result.kind != "vector":
        raise RuleError("rule result is not a vector or scalar")
    rows = np.flatnonzero(result.present[:, 0]).tolist() if len(result) else []
    values = result.values[:, 0].tolist() if len(result) else []
    histograms = result.histograms
    return [
        Sample(result.labels.labels(row), values[row], None if histograms is None else histograms[row, 0])
        for row in rows
    ]
