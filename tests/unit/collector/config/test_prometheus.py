"""`prometheus.yml`: defaults, inheritance, paths, and errors that tell where."""

from pathlib import Path

import pytest

from collector.config import load_config, parse_config
from collector.config.protocols import PROTO_FIRST_PROTOCOLS, TEXT_PROTOCOLS
from pharos.config import ConfigError

GOOD = """
global:
  scrape_interval: 15s
  external_labels: {dc: "${DC}-$$", plain: x}
  label_limit: 30
rule_files: [rules/*.yml]
alerting:
  alert_relabel_configs: [{regex: replica, action: labeldrop}]
  alertmanagers:
  - path_prefix: /am
    static_configs: [{targets: ["a:9093"]}]
scrape_configs:
- job_name: one
  basic_auth: {username: u, password_file: secret}
  tls_config: {ca_file: /etc/ca.pem}
  params: {module: [http_2xx]}
  file_sd_configs: [{files: ["targets/*.json"]}]
  relabel_configs: [{source_labels: [a, b], target_label: c}]
- job_name: two
  scrape_interval: 5s
  label_limit: 10
  scrape_native_histograms: true
remote_write: [{url: "http://x/", queue_config: {capacity: 5}}]
remote_read: [{url: "http://y/"}]
storage: {tsdb: {out_of_order_time_window: 30m, retention: {time: 30d, size: 5GB}}}
otlp: {promote_resource_attributes: [a]}
runtime: {gogc: 50}
tracing: {endpoint: "x:4317"}
"""


def test_the_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DC", "east")
    file = tmp_path / "prometheus.yml"
    file.write_text(GOOD)
    config = load_config(file)
    one, two = config.scrape_configs
    assert config.global_.external_labels == {"dc": "east-$", "plain": "x"}
    assert (one.scrape_interval, one.scrape_timeout, one.label_limit) == (15, 10, 30)
    assert (two.scrape_interval, two.scrape_timeout, two.label_limit) == (5, 5, 10)
    assert one.scrape_protocols == TEXT_PROTOCOLS
    assert two.scrape_protocols == PROTO_FIRST_PROTOCOLS
    assert one.basic_auth is not None
    assert one.basic_auth.password_file == str(tmp_path / "secret")
    assert one.tls_config.ca_file == "/etc/ca.pem"
    assert one.file_sd_configs[0].files == (str(tmp_path / "targets/*.json"),)
    assert config.rule_files == (str(tmp_path / "rules/*.yml"),)
    assert config.alerting.alertmanagers[0].path_prefix == "/am"
    assert config.remote_write[0].queue_config.capacity == 5
    assert config.storage.tsdb.out_of_order_time_window == 1800
    assert config.text == GOOD


def test_an_empty_file_is_a_configuration() -> None:
    config = parse_config("")
    assert (config.global_.scrape_interval, config.global_.scrape_timeout) == (60, 10)
    assert config.scrape_configs == ()


def test_the_timeout_follows_a_short_interval() -> None:
    assert parse_config("global: {scrape_interval: 5s}").global_.scrape_timeout == 5


def test_scrape_config_files_are_added(tmp_path: Path) -> None:
    (tmp_path / "more.yml").write_text("scrape_configs: [{job_name: b, file_sd_configs: [{files: [x.yml]}]}]")
    (tmp_path / "p.yml").write_text("scrape_config_files: [m*.yml]\nscrape_configs: [{job_name: a}]")
    config = load_config(tmp_path / "p.yml")
    assert [job.job_name for job in config.scrape_configs] == ["a", "b"]
    (tmp_path / "more.yml").write_text("scrape_configs: [{job_name: a}]")
    with pytest.raises(ConfigError, match="first found in"):
        load_config(tmp_path / "p.yml")


def test_rule_paths_are_those_that_exist(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yml", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "p.yml").write_text("rule_files: ['[ab].yml', a.yml, none.yml]")
    assert [path.name for path in load_config(tmp_path / "p.yml").rule_paths()] == ["a.yml", "b.yml"]


BAD = {
    "scrape_configs: [{job_nam: a}]": "p.yml:1:19: scrape_configs[0].job_nam: unknown key 'job_nam', did you mean 'job_name'?",
    "scrape_configs: [{}]": "job_name is empty",
    "scrape_configs: [{job_name: a}, {job_name: a}]": 'found multiple scrape configs with job name "a"',
    "scrape_configs: [{job_name: a, scrape_timeout: 2m}]": "p.yml:1:48: scrape_configs[0].scrape_timeout: scrape timeout greater",
    "scrape_configs: [{job_name: a, ec2_sd_configs: []}]": "'ec2_sd_configs' is not supported, supported service discoveries: static_configs",
    "scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod}]}]": "'kubernetes_sd_configs' is not supported",
    "scrape_configs: [{job_name: a, scheme: ftp}]": "one of http, https",
    "scrape_configs: [{job_name: a, scrape_protocols: [x]}]": "unknown scrape protocol x",
    "scrape_configs: [{job_name: a, scrape_protocols: [PrometheusText0.0.4, PrometheusText0.0.4]}]": "duplicated protocol",
    "scrape_configs: [{job_name: a, static_configs: [{targets: ['http://a/']}]}]": '"http://a/" is not a valid hostname',
    "scrape_configs: [{job_name: a, relabel_configs: [{action: hashmod, target_label: a}]}]": "modulus",
    "scrape_configs: [{job_name: a, basic_auth: {username: x}, bearer_token: y}]": "at most one of",
    "scrape_configs: [{job_name: a, file_sd_configs: [{files: [a.txt]}]}]": "not valid for file discovery",
    "scrape_configs: [{job_name: a, dns_sd_configs: [{names: [a], type: A}]}]": "a port is required",
    "scrape_configs: [{job_name: a, http_sd_configs: [{url: 'ftp://a'}]}]": "URL scheme must be",
    "global: {scrape_interval: 1s, scrape_timeout: 2s}": "global scrape timeout greater than scrape interval",
    "global: {scrape_interval: 1x}": "expected a duration",
    "rule_files: ['a*/b.yml']": 'invalid rule file path "a*/b.yml"',
    "remote_write: [{}]": "url for remote_write is empty",
    "remote_write: [{url: a, headers: {Content-Type: x}}]": "reserved header",
    "remote_write: [{url: a, queue_config: {min_shards: 3, max_shards: 2}}]": "must not be greater than max_shards",
    "remote_write: [{url: a, name: x}, {url: b, name: x}]": "found multiple remote write configs",
    "alerting: {alertmanagers: [{api_version: v1}]}": "api version",
    "alerting: {alertmanagers: [{consul_sd_configs: []}]}": "not supported",
    "otlp: {promote_all_resource_attributes: true, promote_resource_attributes: [a]}": "cannot be configured simultaneously",
    "global: 5": "expected a mapping",
}


@pytest.mark.parametrize("text", BAD)
def test_mistakes_are_told(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "p.yml")
    assert BAD[text] in str(caught.value)


@pytest.mark.parametrize("text", ["alerting: {}", "rule_files: []", "remote_read: []"])
def test_agents_have_no_queries(text: str) -> None:
    parse_config(text)
    with pytest.raises(ConfigError, match="not allowed in agent mode"):
        parse_config(text, agent=True)
