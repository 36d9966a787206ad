"""What a parser makes of a page, as parallel lists: one entry a sample, labels parsed only for samples not seen before."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.histogram import FloatHistogram

Pairs: TypeAlias = list[tuple[str, str]]


@dataclass(slots=True)
class Counts:
    """What a scrape brought: samples on the page, left after relabelling, series not seen in the scrape before."""

    scraped: int = 0
    kept: int = 0
    added: int = 0


class ScrapeError(Exception):
    """Why a scrape failed as a whole; the text is shown as the target's last error. `counts`: how far it came."""

    def __init__(self, message: str, counts: Counts | None = None) -> None:
        super().__init__(message)
        self.counts = counts or Counts()


class ParseError(ScrapeError):
    """The page is not in the format it claims to be in."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about a metric family."""

    type: str = "unknown"
    help: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """An example observation; without a time it takes that of the scrape."""

    labels: tuple[tuple[str, str], ...]
    value: float
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the lines of a text page lie; the page can be compared with the next one only when each line is one entry.

    key_lengths: int64[L] bytes of line i that identify it (all of it, with the newline, when it holds no sample).
    is_sample: bool[L]. kinds: the type of the family around each of the S samples.
    """

    key_lengths: NDArray[np.int64]
    is_sample: NDArray[np.bool_]
    kinds: list[str]


class Mark(NamedTuple):
    """A line that is no sample, before sample number `at`: the type and the name of a family when it tells them."""

    at: int
    type: str = ""
    name: str = ""


@dataclass(slots=True)
class Page:
    """A parsed page of S samples.

    keys: bytes that identify each sample among all pages of its target. values: float[S]. stamps: milliseconds or None for each, or None when no
    sample has a time of its own. `labels(i)` gives name and labels of sample i, unsorted, empty values included. `histograms`,
    `exemplars`, `created_ms` (when the series began, only when the job wants to know): by sample. `error`: why the page could not be read
    further; something may be wrong with a sample before that place, which then comes first. `refused`: samples behind the last one that
    were read but can be nobody's. `marks`: what stands between the samples.
    """

    keys: list[bytes]
    values: list[float]
    labels: Callable[[int], Pairs]
    stamps: list[int | None] | None = None
    histograms: dict[int, FloatHistogram] = field(default_factory=dict)
    exemplars: dict[int, list[Exemplar]] = field(default_factory=dict)
    created_ms: dict[int, int] = field(default_factory=dict)
    metadata: dict[str, Metadata] = field(default_factory=dict)
    geometry: Geometry | None = None
    error: ScrapeError | None = None
    refused: int = 0
    marks: list[Mark] = field(default_factory=list)

    def whole(self) -> "Page":
        """The page, when all of it could be read. Raises `ParseError`."""
        if self.error is not None:
            raise self.error
        return self


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """What a job wants of a parser."""

    native_histograms: bool = False
    convert_classic_histograms: bool = False
    always_classic_histograms: bool = False
    created_timestamps: bool = False


Parser: TypeAlias = Callable[[Any, ParseOptions], Page]
