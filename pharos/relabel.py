"""Relabelling: Prometheus's `relabel_configs`, as pure functions on label dictionaries."""

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pharos.labels import Labels, is_valid_utf8_name
from pharos.regex import Regex, anchored


class RelabelAction(enum.StrEnum):
    """What a rule does; the values are the words of the configuration."""

    REPLACE = "replace"
    KEEP = "keep"
    DROP = "drop"
    KEEPEQUAL = "keepequal"
    DROPEQUAL = "dropequal"
    HASHMOD = "hashmod"
    LABELMAP = "labelmap"
    LABELDROP = "labeldrop"
    LABELKEEP = "labelkeep"
    LOWERCASE = "lowercase"
    UPPERCASE = "uppercase"


_NEEDS_TARGET = {
    RelabelAction.REPLACE,
    RelabelAction.HASHMOD,
    RelabelAction.LOWERCASE,
    RelabelAction.UPPERCASE,
    RelabelAction.KEEPEQUAL,
    RelabelAction.DROPEQUAL,
}
_REGEX_ONLY = {RelabelAction.LABELDROP, RelabelAction.LABELKEEP}


@dataclass(frozen=True, slots=True)
class RelabelConfig:
    """One rule. Source: the `<relabel_config>` section of the Prometheus configuration documentation."""

    source_labels: tuple[str, ...] = ()
    separator: str = ";"
    regex: Regex = field(default_factory=lambda: anchored("(.*)"))
    modulus: int = 0
    target_label: str = ""
    replacement: str = "$1"
    action: RelabelAction = RelabelAction.REPLACE

    def __post_init__(self) -> None:
        if self.action in _NEEDS_TARGET and not self.target_label:
            raise ValueError(f"relabel action {self.action.value!r} requires 'target_label'")
        if self.action is RelabelAction.LABELMAP and not self.replacement:
            raise ValueError("relabel action 'labelmap' requires a non-empty 'replacement'")
        if self.action in _REGEX_ONLY and (self.source_labels, self.target_label, self.modulus) != ((), "", 0):
            raise ValueError(f"{self.action.value} action requires only 'regex', and no other fields")
        if self.action is RelabelAction.HASHMOD and self.modulus == 0:
            raise ValueError("relabel action 'hashmod' requires a non-zero 'modulus'")


def relabel(labels: Mapping[str, str], rules: Sequence[RelabelConfig]) -> Labels | None:
    """The labels after all rules, or None when a rule drops them. Empty values vanish."""
    out = dict(labels)
    for rule in rules:
        if not _apply(out, rule):
            return None
    return {name: value for name, value in out.items() if value}


def _apply(out: Labels, rule: RelabelConfig) -> bool:
    """Change `out` by one rule; False when the rule drops it."""
    source = rule.separator.join([out.get(name, "") for name in rule.source_labels])
    match rule.action:
        case RelabelAction.KEEP:
            return rule.regex.matches(source)
        case RelabelAction.DROP:
            return not rule.regex.matches(source)
        case RelabelAction.KEEPEQUAL:
            return out.get(rule.target_label, "") == source
        case RelabelAction.DROPEQUAL:
            return out.get(rule.target_label, "") != source
        case RelabelAction.REPLACE:
            _replace(out, rule, source)
        case RelabelAction.LOWERCASE:
            out[rule.target_label] = source.lower()
        case RelabelAction.UPPERCASE:
            out[rule.target_label] = source.upper()
        case RelabelAction.HASHMOD:
            digest = hashlib.md5(source.encode(), usedforsecurity=False).digest()
            out[rule.target_label] = str(int.from_bytes(digest[8:], "big") % rule.modulus)
        case RelabelAction.LABELMAP:
            _label_map(out, rule)
        case RelabelAction.LABELDROP:
            for name in [name for name in out if rule.regex.matches(name)]:
                del out[name]
        case RelabelAction.LABELKEEP:
            for name in [name for name in out if not rule.regex.matches(name)]:
                del out[name]
    return True


def _replace(out: Labels, rule: RelabelConfig, source: str) -> None:
    value = rule.regex.expand(source, rule.replacement)
    if value is None:
        return
    target = rule.target_label
    if "$" in target:
        target = rule.regex.expand(source, target) or ""
        if not is_valid_utf8_name(target):
            return
    if value:
        out[target] = value
    else:
        out.pop(target, None)


def _label_map(out: Labels, rule: RelabelConfig) -> None:
    for name, value in list(out.items()):
        target = rule.regex.expand(name, rule.replacement)
        if target is not None:
            out[target] = value
