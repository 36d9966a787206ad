"""Everything that is wrong with a rule file at once, in promtool's words: `pharos check rules` shows all, a server stops at the first."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from collector.promql.errors import ParseError
from collector.rules.templates import parse_template
from pharos.config import ConfigError
from pharos.config.document import items
from pharos.durations import parse_duration_ms
from pharos.gotemplate import TemplateError
from pharos.labels import METRIC_NAME, is_valid_utf8_name

Parse = Callable[[str], Any]
Nodes = Mapping[str, yaml.Node]


def problems(root: yaml.Node | None, parse: Parse) -> list[str]:
    """One line for each, in the order of the file. Shapes (a list where a text should stand) are not looked at."""
    out: list[str] = []
    seen: set[str] = set()
    for node in _elements(_fields(root).get("groups")):
        group = _fields(node)
        name = _text(group.get("name"))
        if not name:
            out.append("0:0: Groupname must not be empty")
        if name in seen:
            out.append(f'0:0: groupname: "{name}" is repeated in the same file')
        seen.add(name)
        out += _label_problems(group.get("labels"))
        for number, rule in enumerate(map(_fields, _elements(group.get("rules"))), 1):
            title = _text(rule.get("alert")) or _text(rule.get("record"))
            who = f'group "{name}", rule {number}, "{title}"'
            out += [f"{place}{who}: {problem}" for place, problem in _rule_problems(rule, parse)]
    return out


def _rule_problems(rule: Nodes, parse: Parse) -> Iterator[tuple[str, str]]:
    """Places and what is wrong there."""
    record, alert, expr = (_text(rule.get(key)) for key in ("record", "alert", "expr"))
    at = {key: _place(rule, key) for key in ("record", "alert", "expr")}
    if record and alert:
        yield at["record"] + at["alert"], "only one of 'record' and 'alert' must be set"
    if not record and not alert:
        yield at["record"] + at["alert"], "one of 'record' or 'alert' must be set"
    if not expr:
        yield at["expr"], "field 'expr' must be set in rule"
    else:
        try:
            parse(expr)
        except ParseError as error:
            yield at["expr"], f"could not parse expression: {error}"
    if record:
        yield from ((at["record"], problem) for problem in _recording_problems(rule, record))
    yield from (("", problem) for problem in _text_problems(rule, alert))


def _text_problems(rule: Nodes, alert: str) -> Iterator[str]:
    yield from _label_problems(rule.get("labels"))
    for name in _fields(rule.get("annotations")):
        if not is_valid_utf8_name(name):
            yield f"invalid annotation name: {name}"
    if alert:
        yield from _template_problems(alert, "label", rule.get("labels"))
        yield from _template_problems(alert, "annotation", rule.get("annotations"))


def _recording_problems(rule: Nodes, record: str) -> Iterator[str]:
    if _fields(rule.get("annotations")):
        yield "invalid field 'annotations' in recording rule"
    for key in ("for", "keep_firing_for"):
        if _is_long(_text(rule.get(key))):
            yield f"invalid field '{key}' in recording rule"
    if not is_valid_utf8_name(record):
        yield f"invalid recording rule name: {record}"
    if "{" in record or "}" in record:
        yield f"braces present in the recording rule name; should it be in expr?: {record}"


def _label_problems(labels: yaml.Node | None) -> list[str]:
    return [
        f"invalid label name: {name}" for name in _fields(labels) if not is_valid_utf8_name(name) or name == METRIC_NAME
    ]


def _template_problems(alert: str, kind: str, texts: yaml.Node | None) -> Iterator[str]:
    for name, node in _fields(texts).items():
        try:
            parse_template(_text(node), alert)
        except TemplateError as error:
            yield f'{kind} "{name}": {error}'


def _is_long(duration: str) -> bool:
    try:
        return bool(duration) and parse_duration_ms(duration) != 0
    except ValueError:
        return False


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in items(node)} if isinstance(node, yaml.MappingNode) else {}


def _elements(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _text(node: yaml.Node | None) -> str:
    plain = isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:null"
    return str(node.value) if plain and node is not None else ""


def _place(rule: Nodes, key: str) -> str:
    node = rule.get(key)
    return f"{node.start_mark.line + 1}:{node.start_mark.column + 1}: " if node is not None else "0:0: "


def is_about_values(error: ConfigError) -> bool:
    """Whether a file has the right shape and only its values are refused, so that `problems` tells more than the error does."""
    return isinstance(error.__cause__, ValueError) and not isinstance(error.__cause__, yaml.YAMLError | UnicodeError)
