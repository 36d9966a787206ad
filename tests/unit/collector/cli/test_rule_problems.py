from collector.cli.rule_problems import problems
from collector.queries import parser_for
from pharos.config.document import parse_document

BAD = """groups:
- name: a
  labels: {__name__: x}
  rules:
  - {record: "x{y}", expr: up}
  - {record: a, expr: "sum("}
  - {alert: A, record: B, expr: up}
  - {expr: up}
  - {alert: C}
  - {alert: D, expr: up, labels: {__name__: x}, annotations: {a: "{{ $x }}"}}
  - {record: r, expr: up, for: 5m, annotations: {x: y}, keep_firing_for: 0s}
- name: a
- name: ""
"""


def test_all_problems_are_told_as_promtool_does() -> None:
    assert problems(parse_document(BAD, "f"), parser_for(frozenset()).parse) == [
        "invalid label name: __name__",
        '5:14: group "a", rule 1, "x{y}": braces present in the recording rule name; should it be in expr?: x{y}',
        '6:23: group "a", rule 2, "a": could not parse expression: 1:5: parse error: unclosed left parenthesis',
        "7:24: 7:13: group \"a\", rule 3, \"A\": only one of 'record' and 'alert' must be set",
        "0:0: 0:0: group \"a\", rule 4, \"\": one of 'record' or 'alert' must be set",
        '0:0: group "a", rule 5, "C": field \'expr\' must be set in rule',
        'group "a", rule 6, "D": invalid label name: __name__',
        'group "a", rule 6, "D": annotation "a": template: __alert_D:1: undefined variable "$x"',
        '11:14: group "a", rule 7, "r": invalid field \'annotations\' in recording rule',
        '11:14: group "a", rule 7, "r": invalid field \'for\' in recording rule',
        '0:0: groupname: "a" is repeated in the same file',
        "0:0: Groupname must not be empty",
    ]


def test_a_good_file_has_none() -> None:
    good = "groups: [{name: a, rules: [{alert: A, expr: up, labels: {a: '{{ $value }}'}}]}]"
    assert problems(parse_document(good, "f"), parser_for(frozenset()).parse) == []
    assert problems(None, parser_for(frozenset()).parse) == []
