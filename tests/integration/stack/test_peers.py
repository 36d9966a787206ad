"""Real clients and servers of the field against a running stack, unmodified."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pharos.cli.parts import PARTS
from tests.support.peers import need_peer
from tests.support.processes import PATIENCE_S, free_port, running, wait_for, wait_ready
from tests.support.stack import Stack, running_stack

pytestmark = [pytest.mark.integration, pytest.mark.peers]

# What promtool says of node_exporter's and cAdvisor's own names, too.
UPSTREAM_LINTS = (
    "snake_case",
    'use base unit "bytes" instead of "bits"',
    "container_memory_failcnt counter metrics should have",
    'metrics should not have "_count" suffix',
)

PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{folder}/rules.yml]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ["{alerting}"]}}]}}]
scrape_configs:
  - job_name: exporters
    static_configs: [{{targets: ["{node}", "{containers}", "{blackbox}"]}}]
  - job_name: probe
    metrics_path: /probe
    params: {{module: [http_2xx], target: ["http://{node}/-/healthy"]}}
    static_configs: [{{targets: ["{blackbox}"]}}]
"""
RULES = """
groups:
  - name: peer
    rules:
      - alert: SentByRealPrometheus
        expr: node_memory_MemTotal_bytes > 0
        annotations: {summary: "{{ $labels.instance }}"}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("peers")) as stack:
        yield stack


def run(*argv: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, input=given, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_promtool_queries(stack: Stack) -> None:
    promtool = need_peer("promtool")
    wait_for("the node's first scrape", lambda: stack.query('up{job="node"}'))
    answer = run(promtool, "query", "instant", stack.url("collector"), "up")
    assert answer.returncode == 0, answer.stderr
    assert 'job="node"' in answer.stdout
    assert run(promtool, "query", "labels", stack.url("collector"), "job").returncode == 0
    bad = run(promtool, "query", "instant", stack.url("collector"), "up{")
    assert bad.returncode == 1
    assert "parse error" in bad.stderr


@pytest.mark.parametrize("command", [part.command for part in PARTS])
def test_promtool_accepts_every_metrics_page(stack: Stack, command: str) -> None:
    promtool = need_peer("promtool")
    page = httpx.get(f"{stack.url(command)}/metrics", headers={"Accept": "text/plain;version=0.0.4"}).text
    answer = run(promtool, "check", "metrics", given=page)
    assert "error while linting" not in answer.stderr
    lints = [line for line in answer.stderr.splitlines() if not any(known in line for known in UPSTREAM_LINTS)]
    assert lints == []
    if command not in ("node-exporter", "container-exporter", "collector"):
        assert answer.returncode == 0, answer.stderr


def test_amtool_adds_alerts_and_silences(stack: Stack) -> None:
    amtool = [need_peer("amtool"), f"--alertmanager.url={stack.url('alerting')}"]
    assert run(*amtool, "alert", "add", "alertname=FromAmtool", "severity=warning").returncode == 0
    assert "FromAmtool" in run(*amtool, "alert").stdout
    added = run(*amtool, "silence", "add", "alertname=FromAmtool", "--author=test", "--comment=quiet")
    assert added.returncode == 0, added.stderr
    silence = added.stdout.strip()
    assert silence in run(*amtool, "silence", "query").stdout
    assert "FromAmtool" not in run(*amtool, "alert", "query").stdout
    assert run(*amtool, "silence", "expire", silence).returncode == 0
    assert silence not in run(*amtool, "silence", "query").stdout
    assert "FromAmtool" in run(*amtool, "alert", "query").stdout


def test_a_real_prometheus_scrapes_our_exporters_and_alerts_through_us(stack: Stack, tmp_path: Path) -> None:
    prometheus = need_peer("prometheus")
    addresses = {
        name: stack.url(part).removeprefix("http://")
        for name, part in (
            ("node", "node-exporter"),
            ("containers", "container-exporter"),
            ("blackbox", "blackbox"),
            ("alerting", "alerting"),
        )
    }
    (tmp_path / "prometheus.yml").write_text(PROMETHEUS.format(folder=tmp_path, **addresses))
    (tmp_path / "rules.yml").write_text(RULES)
    port = free_port()
    argv = [
        prometheus,
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(argv, tmp_path / "prometheus.log"):
        wait_ready(f"http://127.0.0.1:{port}")

        def all_up() -> bool:
            targets = httpx.get(f"http://127.0.0.1:{port}/api/v1/targets").json()["data"]["activeTargets"]
            return len(targets) == 4 and all(target["health"] == "up" for target in targets)

        wait_for("Prometheus to scrape all of ours", all_up)

        def received() -> bool:
            alerts = httpx.get(f"{stack.url('alerting')}/api/v2/alerts").json()
            return any(alert["labels"]["alertname"] == "SentByRealPrometheus" for alert in alerts)

        wait_for("its alert in our alerting", received)


def test_the_official_elasticsearch_client_searches_our_store(stack: Stack) -> None:
    from elasticsearch import Elasticsearch

    with Elasticsearch(stack.url("logstore"), request_timeout=PATIENCE_S) as client:
        assert client.info()["tagline"] == "You Know, for Search"
        body = {"match": {"message": "Listening"}}
        wait_for("log lines", lambda: client.count(index="logs-*", query=body)["count"] >= len(PARTS) - 1)
        found = client.search(
            index="logs-*", query=body, sort=[{"@timestamp": "desc"}], aggs={"by": {"terms": {"field": "service"}}}
        )
        assert found["hits"]["hits"][0]["_source"]["level"] == "info"
        assert {bucket["key"] for bucket in found["aggregations"]["by"]["buckets"]} >= {
            "collector",
            "alerting",
            "dashboards",
        }
