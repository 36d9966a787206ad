"""Rule files: groups of recording and alerting rules as frozen values.

Expressions and templates are only texts here; whoever evaluates them parses them and blames `rule_location`.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from collector.config.prometheus import locate_path
from pharos.config import FieldError, Location
from pharos.config.bind import Binder
from pharos.config.document import parse_document, read_document
from pharos.durations import Duration
from pharos.labels import METRIC_NAME, is_valid_utf8_name


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `record` or `alert` names it."""

    record: str = ""
    alert: str = ""
    expr: str = ""
    for_: Duration = field(default=Duration(0), metadata={"key": "for"})
    keep_firing_for: Duration = Duration(0)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.record or self.alert

    def __post_init__(self) -> None:
        if self.record and self.alert:
            raise FieldError("alert", "only one of 'record' and 'alert' must be set")
        if not self.record and not self.alert:
            raise ValueError("one of 'record' or 'alert' must be set")
        if not self.expr.strip():
            raise FieldError("expr", "field 'expr' must be set in rule")
        if self.record:
            self._check_recording()
        for name in self.labels:
            if not is_valid_utf8_name(name) or name == METRIC_NAME:
                raise FieldError("labels", f"invalid label name: {name}")
        for name in self.annotations:
            if not is_valid_utf8_name(name):
                raise FieldError("annotations", f"invalid annotation name: {name}")

    def _check_recording(self) -> None:
        for key, value in (
            ("annotations", self.annotations),
            ("for_", self.for_),
            ("keep_firing_for", self.keep_firing_for),
        ):
            if value:
                raise FieldError(key, f"invalid field '{key.rstrip('_')}' in recording rule")
        if not is_valid_utf8_name(self.record):
            raise FieldError("record", f"invalid recording rule name: {self.record}")
        if any(brace in self.record for brace in "{}"):
            raise FieldError(
                "record", f"braces present in the recording rule name; should it be in expr?: {self.record}"
            )


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules evaluated one after the other. `interval` 0 and `query_offset` None mean the global value."""

    name: str = ""
    interval: Duration = Duration(0)
    query_offset: Duration | None = None
    limit: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise FieldError("name", "Groupname must not be empty")
        for name in self.labels:
            if not is_valid_utf8_name(name) or name == METRIC_NAME:
                raise FieldError("labels", f"invalid label name: {name}")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file."""

    groups: tuple[RuleGroup, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for group in self.groups:
            if group.name in seen:
                raise FieldError("groups", f'groupname: "{group.name}" is repeated in the same file')
            seen.add(group.name)


def load_rules(path: str | Path) -> RuleFile:
    """The rule file at `path`. Raises `ConfigError`."""
    return bind_rules(read_document(path), str(path))


def parse_rules(text: str, file: str = "rules.yml") -> RuleFile:
    """The rules in `text`. Raises `ConfigError`."""
    return bind_rules(parse_document(text, file), file)


def rule_location(path: str | Path, group: int, rule: int, key: str = "expr") -> Location:
    """Where a key of a rule stands in its file, for errors found after loading. Reads the file again."""
    return locate_path(read_document(path), str(path), f"groups[{group}].rules[{rule}].{key}")


def bind_rules(root: yaml.Node | None, file: str) -> RuleFile:
    """The rules of a document. Raises `ConfigError`."""
    if root is None:
        return RuleFile()
    bound: Any = Binder(file).bind(root, RuleFile)
    assert isinstance(bound, RuleFile)
    return bound


def without_unknown_keys(root: yaml.Node | None) -> yaml.Node | None:
    """The document less the keys that no group or rule has: other tools keep notes of their own there."""
    _keep_known(root, RuleFile)
    for group in _elements(root, "groups"):
        _keep_known(group, RuleGroup)
        for rule in _elements(group, "rules"):
            _keep_known(rule, Rule)
    return root


def _keep_known(node: yaml.Node | None, kind: type[RuleFile | RuleGroup | Rule]) -> None:
    known = {field.metadata.get("key", field.name) for field in fields(kind)}
    if isinstance(node, yaml.MappingNode):
        node.value = [pair for pair in node.value if pair[0].value in known or pair[0].tag.endswith(":merge")]


def _elements(node: yaml.Node | None, key: str) -> list[yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return []
    lists = [value for name, value in node.value if name.value == key and isinstance(value, yaml.SequenceNode)]
    return [item for found in lists for item in found.value]
