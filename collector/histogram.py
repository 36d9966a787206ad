"""Native histograms as values, shared by scraping, storage and queries.

Source: the Prometheus native histogram specification (exponential schemas -4..8, custom buckets as schema -53).
"""

import enum
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

CUSTOM_BUCKETS_SCHEMA: Final = -53


class CounterReset(enum.IntEnum):
    """What is known about a reset between this histogram and the one before it."""

    UNKNOWN = 0
    RESET = 1
    NOT_RESET = 2
    GAUGE = 3


@dataclass(frozen=True, slots=True)
class FloatHistogram:
    """One native histogram sample with absolute float bucket counts.

    spans: pairs (offset to the previous span's end, length); bucket counts follow the spans in order. `custom_values` are the upper
    bounds when `schema` is -53. `integer` remembers that the sample came with integer counts. A stale histogram series ends with a
    float STALE_NAN sample, as any other.
    """

    schema: int = 0
    count: float = 0.0
    sum: float = 0.0
    zero_threshold: float = 0.0
    zero_count: float = 0.0
    positive_spans: tuple[tuple[int, int], ...] = ()
    positive: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    negative_spans: tuple[tuple[int, int], ...] = ()
    negative: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    custom_values: tuple[float, ...] = ()
    counter_reset: CounterReset = CounterReset.UNKNOWN
    integer: bool = False
