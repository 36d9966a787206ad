from pathlib import Path

import pytest

from alerting.config import load_config
from alerting.receivers import plan
from alerting.route import build_tree
from pharos.clock import SystemClock
from pharos.config import ConfigError

ROOT = Path(__file__).parents[4]
GOOD = """
global:
  resolve_timeout: 5m
  smtp_smarthost: mail:25
  smtp_from: a@x
  slack_api_url: http://slack
  opsgenie_api_url: http://unused
templates: ['*.tmpl']
route:
  receiver: team
  group_by: [alertname, cluster]
  routes:
    - match: {service: db}
      match_re: {severity: "critical|page"}
      matchers: ['env!="dev"', 'zone=~"a|b"']
      receiver: other
      group_wait: 10s
      continue: true
      active_time_intervals: [office]
      labels: {owner: dba}
    - {receiver: other, group_by: ['...']}
receivers:
  - name: team
    labels: {owner: ops}
    email_configs: [{to: ops@x}]
    slack_configs: [{channel: '#ops', title: '{{ template "own" . }}'}]
  - name: other
    webhook_configs: [{url: 'http://x', http_config: {basic_auth: {username: a, password: b}}}]
inhibit_rules:
  - {source_match: {severity: critical}, target_match_re: {severity: 'warning|info'}, equal: [alertname]}
mute_time_intervals:
  - {name: office, time_intervals: [{weekdays: ['monday:friday']}]}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "alertmanager.yml"
    path.write_text(text)
    return path


def test_a_file_with_everything(tmp_path: Path) -> None:
    (tmp_path / "own.tmpl").write_text('{{ define "own" }}mine{{ end }}')
    config = load_config(write(tmp_path, GOOD))
    built = plan(config, SystemClock())
    assert {key for key, *_ in built.notifiers["team"]} == {"team/slack[0]", "team/email[0]"}
    tree = build_tree(config.route)
    child = tree.children[0]
    assert child.key == '{}/{env!="dev",service="db",severity=~"critical|page",zone=~"a|b"}'
    assert (child.group_by, child.group_wait_s, child.group_interval_s) == ({"alertname", "cluster"}, 10, 300)
    assert child.labels == {"owner": "dba"}
    assert tree.children[1].group_by_all
    labels = {"service": "db", "severity": "page", "env": "prod", "zone": "a"}
    assert [route.receiver for route in tree.match(labels)] == ["other", "other"]


def test_what_is_shown_has_no_secrets(tmp_path: Path) -> None:
    text = """
route: {receiver: a}
receivers:
  - name: a
    webhook_configs:
      - {url: "http://secret-1", http_config: {basic_auth: {username: me, password: "secret-2"}, http_headers: {X: {secrets: ["secret-\\x33"]}}}}
    dingtalk_configs: [{access_token: secret-4, secret: secret-5}]
"""
    shown = load_config(write(tmp_path, text)).original
    assert "secret-" not in shown
    assert shown.count("<secret>") == 5
    assert "username: me" in shown


def test_the_default_file_is_good(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PHAROS_DATA_DIR", str(tmp_path))
    config = load_config(ROOT / "deploy" / "default" / "alertmanager.yml")
    assert [receiver.name for receiver in config.receivers] == ["default"]


ROUTE = "route: {receiver: a}\nreceivers: [{name: a}]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the key 'route' is missing"),
        ("route: {}\nreceivers: [{name: a}]", "root route must specify a default receiver"),
        ("route: {receiver: b}\nreceivers: [{name: a}]", "undefined receiver 'b' used in route"),
        ("route: {receiver: a, matchers: ['x=y']}\nreceivers: [{name: a}]", "root route must not have any matchers"),
        ("route: {receiver: a, continue: true}\nreceivers: [{name: a}]", "cannot have continue in root route"),
        ("route: {receiver: a, group_by: ['...', b]}\nreceivers: [{name: a}]", "route.group_by: cannot have wildcard"),
        ("route: {receiver: a, group_by: [b, b]}\nreceivers: [{name: a}]", "duplicated label 'b'"),
        ("route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]", "route.group_interval: group_interval cannot be zero"),
        ("route: {receiver: a, recieve: b}\nreceivers: [{name: a}]", "route.recieve: unknown key 'recieve', did you mean 'receiver'?"),
        ("route: {receiver: a, routes: [{matchers: ['a==b']}]}\nreceivers: [{name: a}]", "route.routes[0].matchers: found a list: expected a comma after a matcher"),
        ("route: {receiver: a, routes: [{matchers: [severity]}]}\nreceivers: [{name: a}]", "bad matcher format: severity"),
        ("route: {receiver: a, routes: [{match_re: {a: '('}}]}\nreceivers: [{name: a}]", "error parsing regexp"),
        ("route: {receiver: a, routes: [{mute_time_intervals: [x]}]}\nreceivers: [{name: a}]", "undefined time interval 'x'"),
        ("route: {receiver: a}\nreceivers: [{name: a}, {name: a}]", "'a' is not unique"),
        ("route: {receiver: a}\nreceivers: [{name: a, opsgenie_configs: [{api_key: x}]}]", "receivers[0].opsgenie_configs[0]: found a mapping: this kind of receiver is not supported; supported are "),
        ("route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{}]}]", "exactly one of url or url_file"),
        (ROUTE + "time_intervals: [{name: x}, {name: x}]", "'x' is not unique"),
        (ROUTE + "inhibit_rules: [{source_matchers: ['a=~\"(\"']}]", "inhibit_rules[0].source_matchers"),
        (ROUTE + "global: {slack_api_url: a, slack_api_url_file: b}", "at most one of slack_api_url & slack_api_url_file"),
    ],
)  # fmt: skip
def test_errors_say_where_and_what(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("receiver", "message"),
    [
        (
            "slack_configs: [{api_url: x, title: '{{ .Broken'}]",
            "receivers[a].slack_configs[0].title: template: receiver:1",
        ),
        ("slack_configs: [{title: x}]", "no Slack API URL"),
        ("telegram_configs: [{chat_id: 1}]", "missing bot_token"),
    ],
)
def test_receivers_that_cannot_be_built(tmp_path: Path, receiver: str, message: str) -> None:
    config = load_config(write(tmp_path, f"route: {{receiver: a}}\nreceivers:\n  - name: a\n    {receiver}\n"))
    with pytest.raises(ConfigError) as caught:
        plan(config, SystemClock())
    assert message in str(caught.value)
