"""Rule files."""

from pathlib import Path

import pytest

from collector.config import load_rules, parse_rules, rule_location
from pharos.config import ConfigError

GOOD = """
groups:
- name: g
  interval: 30s
  query_offset: 5s
  limit: 10
  labels: {team: x}
  rules:
  - {record: "a:b", expr: sum(a), labels: {c: d}}
  - alert: Down
    expr: up == 0
    for: 5m
    keep_firing_for: 1m
    annotations: {summary: "{{ $labels.instance }} is down"}
"""


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "r.yml"
    file.write_text(GOOD)
    (group,) = load_rules(file).groups
    record, alert = group.rules
    assert (group.name, group.interval, group.query_offset, group.limit, group.labels) == (
        "g",
        30,
        5,
        10,
        {"team": "x"},
    )
    assert (record.name, record.labels) == ("a:b", {"c": "d"})
    assert (alert.name, alert.for_, alert.keep_firing_for) == ("Down", 300, 60)
    assert rule_location(file, 0, 1).line == 11
    assert parse_rules("").groups == ()


BAD = {
    "groups: [{name: ''}]": "Groupname must not be empty",
    "groups: [{name: a}, {name: a}]": 'groupname: "a" is repeated in the same file',
    "groups: [{name: a, rules: [{expr: x}]}]": "one of 'record' or 'alert' must be set",
    "groups: [{name: a, rules: [{record: a, alert: b, expr: x}]}]": "only one of 'record' and 'alert' must be set",
    "groups: [{name: a, rules: [{record: a}]}]": "field 'expr' must be set in rule",
    "groups: [{name: a, rules: [{record: a, expr: x, for: 5m}]}]": "invalid field 'for' in recording rule",
    "groups: [{name: a, rules: [{record: a, expr: x, annotations: {b: c}}]}]": "invalid field 'annotations'",
    "groups: [{name: a, rules: [{record: 'a{}', expr: x}]}]": "braces present",
    "groups: [{name: a, rules: [{alert: a, expr: x, labels: {__name__: c}}]}]": "invalid label name: __name__",
    "group: []": "did you mean 'groups'?",
}


@pytest.mark.parametrize("text", BAD)
def test_mistakes_are_told(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rules(text)
    assert BAD[text] in str(caught.value)
