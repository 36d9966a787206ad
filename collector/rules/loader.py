"""Rule files to groups: expressions and templates are parsed here, so that a bad one is refused with its place in the file."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from collector.config import Rule, RuleGroup, load_rules, rule_location
from collector.config.rules import RuleFile
from collector.promql.errors import ParseError
from collector.promql.parser import to_text
from collector.rules.alerting import AlertingRule
from collector.rules.group import AnyRule, Group
from collector.rules.recording import RecordingRule
from collector.rules.templates import AlertTemplates, Surroundings
from pharos.config import ConfigError, Location
from pharos.gotemplate import TemplateError

ParseExpression = Callable[[str], Any]


class GroupLoader:
    """Builds groups with the defaults of one configuration. `restore`: alerts wait for their stored state before they tell."""

    def __init__(
        self,
        parse: ParseExpression,
        *,
        interval_ms: int = 60_000,
        query_offset_ms: int = 0,
        surroundings: Surroundings | None = None,
        restore: bool = False,
    ) -> None:
        self._parse = parse
        self._interval_ms, self._query_offset_ms = interval_ms, query_offset_ms
        self._surroundings = surroundings or Surroundings()
        self._restore = restore

    def load(self, paths: Iterable[Path | str]) -> list[Group]:
        """All groups of the files, in order. Raises `ConfigError`."""
        return [group for path in paths for group in self.groups(load_rules(path), str(path))]

    def groups(self, file: RuleFile, path: str) -> list[Group]:
        """The groups of a parsed file. Raises `ConfigError`."""
        return [self._group(group, path, number) for number, group in enumerate(file.groups)]

    def _group(self, group: RuleGroup, path: str, number: int) -> Group:
        return Group(
            file=path,
            name=group.name,
            interval_ms=group.interval.ms or self._interval_ms,
            limit=group.limit,
            query_offset_ms=self._query_offset_ms if group.query_offset is None else group.query_offset.ms,
            rules=[self._rule(rule, group.labels, path, number, index) for index, rule in enumerate(group.rules)],
        )

    def _rule(self, rule: Rule, shared: Mapping[str, str], path: str, group: int, index: int) -> AnyRule:
        labels = {**shared, **rule.labels}
        try:
            query = to_text(self._parse(rule.expr))
        except ParseError as error:
            raise ConfigError(f"could not parse expression: {error}", _location(path, group, index, "expr")) from error
        if rule.record:
            return RecordingRule(rule.record, query, labels)
        try:
            templates = AlertTemplates(rule.alert, labels, rule.annotations)
        except TemplateError as error:
            raise ConfigError(
                f"template of alert {rule.alert!r}: {error}", _location(path, group, index, "")
            ) from error
        return AlertingRule(
            rule.alert,
            query,
            rule.for_.ms,
            rule.keep_firing_for.ms,
            labels,
            dict(rule.annotations),
            templates,
            self._surroundings,
            restored=not (self._restore and rule.for_.ms),
        )


def _location(path: str, group: int, rule: int, key: str) -> Location:
    try:
        return rule_location(path, group, rule, key or "annotations")
    except ConfigError:  # a text that is no file
        return Location(path, path=f"groups[{group}].rules[{rule}]")
