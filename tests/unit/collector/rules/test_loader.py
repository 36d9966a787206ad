import pytest

from collector.config import parse_rules
from collector.queries import parser_for
from collector.rules.loader import GroupLoader
from pharos.config import ConfigError


def load(text: str) -> None:
    GroupLoader(parser_for(frozenset()).parse).groups(parse_rules(text), "rules.yml")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{record: x, expr: 'sum('}", "could not parse expression: 1:5: parse error: unclosed left parenthesis"),
        ("{alert: A, expr: up, labels: {a: '{{ .x'}}", "template of alert 'A'"),
        ("{alert: A, expr: up, annotations: {a: '{{ nofunc 1 }}'}}", 'function "nofunc" not defined'),
    ],
)
def test_bad_expressions_and_templates_are_refused(rule: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(f"groups:\n- name: g\n  rules:\n  - {rule}\n")
    assert message in str(caught.value)
    assert "groups[0].rules[0]" in str(caught.value)


def test_group_defaults_and_shared_labels() -> None:
    text = "groups:\n- name: g\n  labels: {team: a, x: y}\n  rules:\n  - {record: r, expr: up, labels: {x: z}}\n"
    loader = GroupLoader(parser_for(frozenset()).parse, interval_ms=15_000, query_offset_ms=5)
    (group,) = loader.groups(parse_rules(text), "f")
    assert (group.interval_ms, group.query_offset_ms) == (15_000, 5)
    assert group.rules[0].labels == {"team": "a", "x": "z"}
