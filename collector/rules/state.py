"""How the evaluations of a rule went."""

from dataclasses import dataclass, field

from pharos.labels import LabelSet


@dataclass(slots=True)
class RuleState:
    """`health` is unknown, ok or err. `last_at_s`: wall time of the last evaluation, 0 before the first.

    produced: the series of the last evaluation; those that are gone in the next one get a staleness marker.
    """

    health: str = "unknown"
    last_error: str = ""
    last_at_s: float = 0.0
    last_duration_s: float = 0.0
    produced: set[LabelSet] = field(default_factory=set)
