"""The same requests to a real Prometheus 3.5 and to us: same status, headers, texts and data.

Not compared: times of scrapes and evaluations; `Vary` (we add `Accept-Encoding`); what the servers say of themselves and of their storage. Left out
because Prometheus's answer depends on chance: a `timeout` of 0, which of several series or metrics a `limit` leaves.
"""

import json
import re
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_requests import ApiRequest, requests
from tests.support.peers import need_peer
from tests.support.processes import PATIENCE_S, PHAROS, free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]

CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s, external_labels: {{dc: x, "utf.8": y}}}}
rule_files: [rules.yml]
scrape_configs:
- {{job_name: app, static_configs: [{{targets: ['127.0.0.1:{page}'], labels: {{env: t}}}}]}}
- {{job_name: down, static_configs: [{{targets: ['127.0.0.1:9', 'localhost:9']}}]}}
- job_name: dropped
  static_configs: [{{targets: ['127.0.0.1:10']}}]
  relabel_configs: [{{action: drop, source_labels: [__address__], regex: '.*:10'}}]
storage: {{tsdb: {{out_of_order_time_window: 30d}}}}
"""
RULES = """
groups:
- name: records
  rules: [{record: one, expr: vector(1), labels: {extra: 'yes'}}]
- name: alerts
  interval: 2s
  limit: 5
  labels: {team: t}
  rules:
  - {alert: Down, expr: up == 0, labels: {severity: page}, annotations: {text: "{{ $labels.job }} is {{ $value | humanize }}"}}
  - {alert: Inactive, expr: vector(1) > 2}
  - {record: "bad:many", expr: 'label_replace(up, "job", "", "", "")'}
- {name: empty, rules: []}
"""
PAGE = b"""# HELP hits_total Hits, all.
# TYPE hits_total counter
hits_total{code="200"} 10
{"utf.8 metric","a label"="x"} 5
big 1.23456789e+25
neg -0
"""
SAME_HEADERS = (
    "content-type", "allow", "location", "access-control-allow-origin", "access-control-allow-methods",
    "access-control-allow-headers", "access-control-expose-headers",
)  # fmt: skip
_TIMES = re.compile(
    r'"(lastScrapeDuration|lastScrape|evaluationTime|lastEvaluation|activeAt|[a-zA-Z]+Time)": ("[^"]*"|[\d.e-]+)'
)


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        pass


def old_samples(start: int) -> str:
    lines = [f'old{{i="{name}"}} {step * 3} {(start + step * 30) * 1000}' for name in "abc" for step in range(10)]
    at = (start + 200) * 1000
    lines += [
        f'special{{i="{name}"}} {value} {at}'
        for name, value in zip("xyzw", ("NaN", "+Inf", "1.5e-12", "1e25"), strict=True)
    ]
    lines += [f'req_bucket{{le="{le}"}} {count} {at}' for le, count in (("0.1", 1), ("1", 5), ("+Inf", 9))]
    return "\n".join([*lines, f'{{"dots.in.name","a b"="ü"}} 3 {at}', ""])


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, int]]:
    """The ports of both servers, and a time around which both have the same samples."""
    binary = need_peer("prometheus")
    start = int(time.time()) // 10 * 10 - 900
    page = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    features = ["--enable-feature=promql-experimental-functions,exemplar-storage", "--web.enable-remote-write-receiver"]
    ports = []
    with ExitStack() as stack:
        stack.callback(page.server_close)
        stack.callback(page.shutdown)
        for name, argv in (("theirs", [binary]), ("ours", [*PHAROS, "collector"])):
            folder = tmp_path_factory.mktemp(name)
            (folder / "config").mkdir()
            (folder / "config/prometheus.yml").write_text(CONFIG.format(page=page.server_port))
            (folder / "config/rules.yml").write_text(RULES)
            (folder / "old.txt").write_text(old_samples(start))
            port = free_port()
            arguments = ["--config.file=config/prometheus.yml", f"--web.listen-address=127.0.0.1:{port}", *features]
            stack.enter_context(running([*argv, *arguments, "--storage.tsdb.path=data"], folder / "log", cwd=folder))
            ports.append(port)
            push(port, folder / "old.txt")
        for port in ports:
            wait_for("rules", lambda port=port: settled(port))
        yield ports[0], ports[1], start + 270


def push(port: int, file: Path) -> None:
    url = f"http://127.0.0.1:{port}"
    wait_ready(url)
    subprocess.run([*PHAROS, "push", "metrics", f"{url}/api/v1/write", str(file)], check=True, capture_output=True)


def settled(port: int) -> bool:
    """All rules evaluated with all targets scraped."""
    _, _, targets = ask(port, ApiRequest("/api/v1/targets"))
    _, _, alerts = ask(port, ApiRequest("/api/v1/alerts"))
    return '"unknown"' not in targets and alerts.count("is 0") == 2


def ask(port: int, request: ApiRequest) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    path, headers, body = request.path, dict(request.headers), request.body
    asked = urllib.parse.urlencode(request.params)
    if request.form:
        body, headers["Content-Type"] = asked.encode(), "application/x-www-form-urlencoded"
    elif asked:
        path += "?" + asked
    connection.request(request.method, path, body, headers)
    answer = connection.getresponse()
    found = {name.lower(): value for name, value in answer.getheaders()}
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, {name: found[name] for name in SAME_HEADERS if name in found}, tidy(text)


def tidy(text: str) -> str:
    try:
        return _TIMES.sub(r'"\1": 0', json.dumps(in_order(json.loads(text)), sort_keys=True))
    except ValueError:
        return re.sub(r" \d{13}$", " T", text, flags=re.MULTILINE)


def in_order(value: Any) -> Any:
    """Lists whose order is left to chance, sorted."""
    if isinstance(value, dict):
        return {key: in_order(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [in_order(item) for item in value]
    if items and isinstance(items[0], dict) and items[0].keys() & {"__name__", "target", "metric", "labels"}:
        items.sort(key=lambda item: json.dumps(item, sort_keys=True))
    return items


def test_same_answers(servers: tuple[int, int, int]) -> None:
    theirs, ours, at = servers
    found = []
    count = 0
    for request in requests(at):
        count += 1
        expected, got = ask(theirs, request), ask(ours, request)
        if request.path.startswith("/graph") or request.path == "/":  # the page itself is ours
            expected, got = (*expected[:2], ""), (*got[:2], "")
        if expected != got:
            found.append(f"{request}\n  theirs {expected}\n  ours   {got}")
    assert not found, f"{len(found)} of {count} differ:\n" + "\n".join(found[:20])
