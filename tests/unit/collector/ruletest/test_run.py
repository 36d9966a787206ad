from pathlib import Path

import pytest

from collector.cli.test import ALL_FEATURES
from collector.ruletest import FileOutcome, run_file

RULES = """
groups:
- name: g
  rules:
  - {record: "job:up:sum", expr: sum by (job) (up)}
  - alert: Down
    expr: up == 0
    for: 1m
    labels: {severity: page}
    annotations: {text: "{{ $labels.instance }} is {{ $value }} in {{ $externalLabels.dc }}"}
"""
INPUT = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  name: one
  external_labels: {dc: x}
  input_series:
  - {series: 'up{job="a", instance="i"}', values: "1 0 0 0 _ 1"}
  - {series: 'h', values: '{{schema:0 count:3 sum:4 buckets:[1 2]}}x5'}
"""


def run(folder: Path, tests: str, rules: str = RULES, **options: object) -> FileOutcome:
    (folder / "rules.yml").write_text(rules)
    (folder / "test.yml").write_text(INPUT + tests)
    return run_file(str(folder / "test.yml"), frozenset(ALL_FEATURES), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "test",
    [
        "{expr: 'job:up:sum', eval_time: 1m, exp_samples: [{labels: 'job:up:sum{job=\"a\"}', value: 0}]}",
        "{expr: 'sum(up) + 1', eval_time: 0s, exp_samples: [{labels: '{}', value: 2}]}",
        "{expr: 'nothing', eval_time: 5m}",
        "{expr: '1 / 0', eval_time: 0, exp_samples: [{value: Inf}]}",
        "{expr: 'histogram_count(h)', eval_time: 3m, exp_samples: [{labels: '{}', value: 3}]}",
        "{expr: 'h', eval_time: 3m, exp_samples: [{labels: h, histogram: '{{count:3 sum:4 buckets:[1 2]}}'}]}",
    ],
)
def test_expressions_that_hold(tmp_path: Path, test: str) -> None:
    assert run(tmp_path, f"  promql_expr_test: [{test}]\n").failures == []


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (
            "{expr: 'up', eval_time: 1m, exp_samples: [{labels: 'up{job=\"b\"}', value: 2}]}",
            '    expr: "up", time: 1m,\n        exp: {__name__="up", job="b"} 2E+00\n'
            '        got: {__name__="up", instance="i", job="a"} 0E+00',
        ),
        (
            "{expr: 'up', eval_time: 1m}",
            '    expr: "up", time: 1m,\n        exp: nil\n        got: {__name__="up", instance="i", job="a"} 0E+00',
        ),
        (
            "{expr: 'rate(up)', eval_time: 1m}",
            '    expr: "rate(up)", time: 1m, err: 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
        ),
    ],
)
def test_expressions_that_do_not_hold(tmp_path: Path, test: str, expected: str) -> None:
    assert run(tmp_path, f"  promql_expr_test: [{test}]\n").failures == [expected]


def test_alerts_that_fire_as_expected(tmp_path: Path) -> None:
    tests = """
  alert_rule_test:
  - {eval_time: 1m, alertname: Down}
  - eval_time: 2m
    alertname: Down
    exp_alerts:
    - exp_labels: {severity: page, job: a, instance: i}
      exp_annotations: {text: i is 0 in x}
"""
    assert run(tmp_path, tests).failures == []


def test_alerts_that_differ_are_shown_side_by_side(tmp_path: Path) -> None:
    tests = "  alert_rule_test: [{eval_time: 2m, alertname: Down, exp_alerts: [{exp_labels: {job: b}}]}]\n"
    (failure,) = run(tmp_path, tests).failures
    assert failure == (
        "    name: one,\n"
        "    alertname: Down, time: 2m, \n"
        "        exp:[\n"
        "            0:\n"
        '              Labels:{alertname="Down", job="b"}\n'
        "              Annotations:{}\n"
        "            ], \n"
        "        got:[\n"
        "            0:\n"
        '              Labels:{alertname="Down", instance="i", job="a", severity="page"}\n'
        '              Annotations:{text="i is 0 in x"}\n'
        "            ]"
    )
    (coloured,) = run(tmp_path, tests, diff=True).failures
    assert '\x1b[0;33m"b" => "a"\x1b[0m' in coloured


def test_broken_rules_and_files_are_problems(tmp_path: Path) -> None:
    assert "unclosed left parenthesis" in run(tmp_path, "", RULES.replace("up == 0", "sum(")).failures[0]
    tests = "  promql_expr_test: [{expr: up, eval_time: 1m}]\n"
    (failure, *_) = run(tmp_path, tests, RULES.replace("sum by (job) (up)", "h + on() (up or h)")).failures
    assert "rule: job:up:sum, time: 0s, err:" in failure
    (tmp_path / "bad.yml").write_text("rule_filez: []")
    assert "did you mean 'rule_files'" in run_file(str(tmp_path / "bad.yml"), frozenset()).failures[0]


def test_groups_by_name_and_the_dump(tmp_path: Path) -> None:
    assert run(tmp_path, "", wanted=lambda name: name == "two").groups == []
    outcome = run(tmp_path, "  promql_expr_test: [{expr: 'vector(1)', eval_time: 1m}]\n", debug=True)
    assert '{__name__="up", instance="i", job="a"} =>\n0 @[60000]' in outcome.groups[0].debug
