"""The labels a scraped sample is stored under: target labels added, conflicts resolved, relabelled, checked. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from collector.config.scrape import ScrapeConfig
from collector.scrape.page import Pairs, ScrapeError
from pharos.gotemplate.gofmt import quote
from pharos.labels import METRIC_NAME, Labels, LabelSet, is_legacy_label_name, is_legacy_metric_name, is_valid_utf8_name
from pharos.relabel import RelabelConfig, relabel


@dataclass(frozen=True, slots=True)
class LabelRules:
    """How one target's samples are labelled."""

    target: LabelSet
    honor_labels: bool = False
    relabel_configs: tuple[RelabelConfig, ...] = ()
    label_limit: int = 0
    name_length_limit: int = 0
    value_length_limit: int = 0
    legacy_names: bool = False

    @classmethod
    def of(cls, target: LabelSet, config: ScrapeConfig) -> "LabelRules":
        return cls(
            target,
            config.honor_labels,
            config.metric_relabel_configs,
            config.label_limit,
            config.label_name_length_limit,
            config.label_value_length_limit,
            config.metric_name_validation_scheme == "legacy",
        )


class LabelLimitError(ScrapeError):
    """A sample has too many or too long labels."""


def stored_labels(pairs: Pairs, rules: LabelRules) -> LabelSet | None:
    """The labels of a sample, or None when relabelling drops it. Raises `ScrapeError` where Prometheus fails the scrape."""
    labels = dict(pairs)
    doubled = _doubled(pairs, rules) if len(labels) != len(pairs) else set()
    if rules.honor_labels:
        for name, value in rules.target:
            labels.setdefault(name, value)
    else:
        _override(labels, rules.target)
    if rules.relabel_configs:
        relabelled = relabel({name: value for name, value in labels.items() if value}, rules.relabel_configs)
        if not relabelled:
            return None
        labels = relabelled
    final = tuple(sorted([pair for pair in labels.items() if pair[1]]))
    _check(labels, final, rules)
    if doubled:
        _refuse_doubled(doubled, final)
    return final


def _doubled(pairs: Pairs, rules: LabelRules) -> set[str]:
    """The labels that stand there twice and stay so: not those with an empty value, nor those that the target replaces."""
    times = Counter(name for name, _ in pairs)
    gone = {name for name, value in pairs if not value}
    if not rules.honor_labels:
        gone.update(name for name, _ in rules.target)
    return {name for name, count in times.items() if count > 1 and name not in gone}


def _refuse_doubled(doubled: set[str], final: LabelSet) -> None:
    for name, _ in final:
        if name in doubled:
            raise ScrapeError(f'label name "{name}" is not unique: invalid sample')


def report_labels(name: str, target: LabelSet) -> LabelSet:
    """The labels of `up` and its companions."""
    labels = {METRIC_NAME: name}
    _override(labels, target)
    return tuple(sorted(labels.items()))


def _override(labels: Labels, target: LabelSet) -> None:
    """Target labels win; what they displace is kept as `exported_...`."""
    displaced: Pairs = []
    for name, value in target:
        old = labels.get(name)
        if old:
            displaced.append((name, old))
        labels[name] = value
    for name, old in sorted(displaced, key=lambda pair: len(pair[0])):
        exported = f"exported_{name}"
        while labels.get(exported):
            exported = f"exported_{exported}"
        labels[exported] = old


def _check(labels: Labels, final: LabelSet, rules: LabelRules) -> None:
    name = labels.get(METRIC_NAME)
    if not name:
        raise ScrapeError("missing metric name (__name__ label)")
    if rules.legacy_names and not _legacy(name, final):
        raise ScrapeError(f"invalid metric name or label names: {_shown(final)}")
    if not is_valid_utf8_name(name) or not _all_valid(tuple([label for label, _ in final])):
        raise ScrapeError(f"invalid metric name or label names: {_shown(final)}")
    if rules.label_limit or rules.name_length_limit or rules.value_length_limit:
        _check_limits(name, final, rules)


def _shown(labels: LabelSet) -> str:
    pairs = (f"{name if is_legacy_label_name(name) else quote(name)}={quote(value)}" for name, value in labels)
    return f"{{{', '.join(pairs)}}}"


@lru_cache(maxsize=1024)
def _all_valid(names: tuple[str, ...]) -> bool:
    """Whether all label names are valid; many series have the same ones."""
    return all(map(is_valid_utf8_name, names))


def _legacy(name: str, labels: Sequence[tuple[str, str]]) -> bool:
    return is_legacy_metric_name(name) and all(is_legacy_label_name(label) for label, _ in labels)


def _check_limits(metric: str, labels: LabelSet, rules: LabelRules) -> None:
    if rules.label_limit and len(labels) > rules.label_limit:
        raise LabelLimitError(
            f"label_limit exceeded (metric: {metric:.50}, number of labels: {len(labels)}, limit: {rules.label_limit})"
        )
    for name, value in labels:
        size = len(name.encode())
        if rules.name_length_limit and size > rules.name_length_limit:
            raise LabelLimitError(
                f"label_name_length_limit exceeded (metric: {metric:.50}, label name: {name:.50}, "
                f"length: {size}, limit: {rules.name_length_limit})"
            )
        size = len(value.encode())
        if rules.value_length_limit and size > rules.value_length_limit:
            raise LabelLimitError(
                f"label_value_length_limit exceeded (metric: {metric:.50}, label name: {name:.50}, "
                f"value: {quote(value[:50])}, length: {size}, limit: {rules.value_length_limit})"
            )
