"""OpenTelemetry metrics as far as they matter here. Times in milliseconds; attributes as text."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pharos.labels import Labels

Kind: TypeAlias = Literal["gauge", "sum", "histogram", "exponential", "summary"]
NO_VALUE = 1  # the flag of a point that says a series has ended
CUMULATIVE = 2


@dataclass(slots=True)
class Buckets:
    """Exponential buckets of one sign: counts from bucket `offset` on."""

    offset: int = 0
    counts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Point:
    """One data point of any kind; only the fields of its kind are set."""

    attributes: Labels = field(default_factory=dict)
    time_ms: int = 0
    flags: int = 0
    value: float = 0.0
    count: int = 0
    sum: float = 0.0
    bounds: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    quantiles: list[tuple[float, float]] = field(default_factory=list)
    scale: int = 0
    zero_count: int = 0
    zero_threshold: float = 0.0
    positive: Buckets = field(default_factory=Buckets)
    negative: Buckets = field(default_factory=Buckets)


@dataclass(slots=True)
class OtelMetric:
    """One metric with its points."""

    name: str = ""
    description: str = ""
    unit: str = ""
    kind: Kind = "gauge"
    temporality: int = CUMULATIVE
    monotonic: bool = False
    points: list[Point] = field(default_factory=list)


@dataclass(slots=True)
class Scope:
    """What made the metrics."""

    name: str = ""
    version: str = ""
    schema_url: str = ""
    attributes: Labels = field(default_factory=dict)
    metrics: list[OtelMetric] = field(default_factory=list)


@dataclass(slots=True)
class Resource:
    """What the metrics are about."""

    attributes: Labels = field(default_factory=dict)
    scopes: list[Scope] = field(default_factory=list)
