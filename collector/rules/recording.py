"""Recording rules: an expression whose answer becomes series of a new name."""

from dataclasses import dataclass, field

from collector.rules.samples import QueryFunction, RuleError, Sample
from collector.rules.state import RuleState
from pharos.labels import METRIC_NAME, Labels, LabelSet, label_set


@dataclass(slots=True)
class RecordingRule:
    """One rule and how its last evaluation went."""

    name: str
    query: str
    labels: Labels
    state: RuleState = field(default_factory=RuleState)

    @property
    def identity(self) -> tuple[str, str, str, LabelSet]:
        """What makes two rules of different loads the same rule."""
        return "recording", self.name, self.query, label_set(self.labels)

    def evaluate(self, query: QueryFunction, at_ms: int, limit: int) -> list[Sample]:
        """The samples to store. Raises `QueryError` or `RuleError`."""
        samples = [self._renamed(sample) for sample in query(self.query, at_ms)]
        if len({label_set(sample.labels) for sample in samples}) < len(samples):
            raise RuleError("vector contains metrics with the same labelset after applying rule labels")
        if limit and len(samples) > limit:
            raise RuleError(f"exceeded limit of {limit} with {len(samples)} series")
        return samples

    def _renamed(self, sample: Sample) -> Sample:
        labels = {**sample.labels, **self.labels, METRIC_NAME: self.name}
        return Sample({name: value for name, value in labels.items() if value}, sample.value, sample.histogram)
