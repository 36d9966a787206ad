"""The collector as a process: scrapes, answers, evaluates rules, tells Alertmanagers, reloads, restarts."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from pharos.client import Client
from tests.support.processes import PATIENCE_S, PHAROS, end, free_port, running, wait_for, wait_ready

pytestmark = pytest.mark.integration

CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s, external_labels: {{dc: x}}}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]}}
scrape_configs:
- job_name: app
  static_configs: [{{targets: ['127.0.0.1:{port}']}}]
- job_name: gone
  static_configs: [{{targets: ['127.0.0.1:9']}}]
"""
RULES = """
groups:
- name: g
  rules:
  - {record: "job:up:sum", expr: sum by (job) (up)}
  - {alert: Down, expr: up == 0, labels: {severity: page}, annotations: {text: "{{ $labels.job }} is {{ $value }}"}}
  - {alert: Waiting, expr: vector(1), for: 1h}
"""


class Neighbour(BaseHTTPRequestHandler):
    """A target that counts its scrapes, and an Alertmanager that remembers alerts."""

    alerts: list[dict[str, Any]] = []  # noqa: RUF012
    scrapes = 0

    def do_GET(self) -> None:
        type(self).scrapes += 1
        body = f"# TYPE scrapes_total counter\nscrapes_total {self.scrapes}\nconst 7\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        type(self).alerts.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def neighbour() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def argv(folder: Path, port: int) -> list[str]:
    flags = {
        "config.file": folder / "prometheus.yml",
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{port}",
    }
    return [*PHAROS, "collector", *(f"--{name}={value}" for name, value in flags.items())]


def test_a_day_in_the_life(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with neighbour() as other:
        (tmp_path / "prometheus.yml").write_text(CONFIG.format(port=other))
        (tmp_path / "rules.yml").write_text(RULES)
        with running(argv(tmp_path, port), tmp_path / "log") as process, Client(url) as client:
            wait_ready(url)
            wait_for("two scrapes", lambda: len(client.query("const[1m]").times) >= 2)
            assert client.query("const").values.tolist() == [[7]]
            wait_for("a recorded series", lambda: len(client.query("job:up:sum")) == 2)
            wait_for("a firing alert", lambda: Neighbour.alerts)
            alert = Neighbour.alerts[0]
            assert alert["labels"]["alertname"] == "Down"
            assert (alert["labels"]["dc"], alert["annotations"]) == ("x", {"text": "gone is 0"})
            health = {target["scrapePool"]: target["health"] for target in client.get("targets")["activeTargets"]}
            assert health == {"app": "up", "gone": "down"}

            (tmp_path / "rules.yml").write_text(RULES.replace("up == 0", "sum("))
            refused = httpx.post(f"{url}/-/reload")
            assert refused.status_code == 500
            assert "rules.yml:6" in refused.text
            assert client.get("status/runtimeinfo")["reloadConfigSuccess"] is False
            assert client.get("notifications")[0]["text"] == "Configuration reload has failed."
            (tmp_path / "rules.yml").write_text(RULES.replace("Down", "Lost"))
            process.send_signal(signal.SIGHUP)
            wait_for("the new rules", lambda: "Lost" in json.dumps(client.get("rules")))
            assert client.get("status/runtimeinfo")["reloadConfigSuccess"] is True
            wait_for("a pending alert", lambda: len(client.query('ALERTS_FOR_STATE{alertname="Waiting"}')))
            since = client.query('ALERTS_FOR_STATE{alertname="Waiting"}').scalar()
            before = client.query("count_over_time(const[10m])").scalar()
            asked = time.time()
            assert end(process) == 0
        with running(argv(tmp_path, port), tmp_path / "log") as process, Client(url) as client:
            wait_ready(url)
            assert client.query("count_over_time(const[10m])").scalar() >= before
            wait_for(
                "the restored alert",
                lambda: (
                    any(alert["labels"]["alertname"] == "Waiting" for alert in client.get("alerts")["alerts"])
                    and client.query('last_over_time(ALERTS_FOR_STATE{alertname="Waiting"}[1s])').values.size
                ),
            )
            again = client.query('ALERTS_FOR_STATE{alertname="Waiting"}').scalar()
            assert since <= again < since + time.time() - asked + 5  # the time the server was down does not count


@pytest.mark.parametrize(
    ("text", "said"),
    [("globel: {}\n", "did you mean 'global'"), ("rule_files: [rules.yml]\n", "parse error")],
)
def test_a_bad_file_is_one_line_and_exit_code_1(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "prometheus.yml").write_text(text)
    (tmp_path / "rules.yml").write_text(RULES.replace("up == 0", "sum("))
    with running(argv(tmp_path, free_port()), tmp_path / "log") as process:
        assert process.wait(PATIENCE_S) == 1
    log = (tmp_path / "log").read_text()
    assert said in log
    assert "Traceback" not in log
    assert len(log.strip().splitlines()) == 1


def test_a_prefix_and_an_external_url(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text("")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    flags = [*argv(tmp_path, port), "--web.external-url=http://me.example/prom/", "--web.enable-lifecycle"]
    with running(flags, tmp_path / "log") as process:
        wait_for("readiness", lambda: httpx.get(f"{url}/prom/-/ready").status_code == 200)
        assert httpx.get(f"{url}/prom/api/v1/query", params={"query": "1"}).json()["status"] == "success"
        assert httpx.get(f"{url}/api/v1/query", params={"query": "1"}).status_code == 404
        assert httpx.get(f"{url}/").headers["location"] == "/prom/"
        assert "Expression" in httpx.get(f"{url}/prom/graph", params={"g0.expr": "up"}, follow_redirects=True).text
        assert httpx.post(f"{url}/prom/-/quit").status_code == 200
        assert process.wait(PATIENCE_S) == 0
