"""The real blackbox_exporter and ours, side by side: the same file, the same targets, the same verdicts, families and values."""

import re
from pathlib import Path

import httpx
import pytest

from tests.integration.blackbox.targets import Targets, targets
from tests.support.peers import need_peer
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]

# Module, target, options beside the address family.
CASES = [
    ("http", "http://127.0.0.1:WEB/", ""),
    ("http", "127.0.0.1:WEB/404", ""),
    ("http", "http://127.0.0.1:WEB/redirect", ""),
    ("http", "http://127.0.0.1:WEB/redirect", "follow_redirects: false, valid_status_codes: [301]"),
    ("http", "http://127.0.0.1:WEB/loop", ""),
    ("http", "http://127.0.0.1:WEB/chunked", ""),
    ("http", "http://127.0.0.1:WEB/gzip", "compression: gzip, headers: {Accept-Encoding: gzip}"),
    ("http", "http://127.0.0.1:WEB/", "body_size_limit: 10B"),
    ("http", "http://127.0.0.1:WEB/auth", "basic_auth: {username: u, password: p}"),
    ("http", "http://127.0.0.1:WEB/", "method: POST, body: x, fail_if_body_matches_regexp: [got]"),
    ("http", "http://127.0.0.1:WEB/", "fail_if_header_not_matches: [{header: X-None, regexp: x}]"),
    ("http", "http://127.0.0.1:WEB/", "valid_http_versions: [HTTP/2.0]"),
    ("http", "http://127.0.0.1:WEB/tls", ""),
    ("http", "http://127.0.0.1:WEB/json", "fail_if_body_json_matches_cel: 'body.queue.exists(x, x > 2)'"),
    ("http", "http://127.0.0.1:WEB/json", "fail_if_body_json_not_matches_cel: 'body.load == 0.5 && size(body.queue) == 3'"),
    ("http", "http://127.0.0.1:WEB/", "fail_if_body_json_matches_cel: 'body.x'"),
    ("http", "http://127.0.0.1:1/", ""),
    ("http", "http://no-such-host.invalid/", ""),
    ("http", "https://localhost:TLS/", "tls_config: {ca_file: CA}"),
    ("http", "https://127.0.0.1:TLS/", "tls_config: {insecure_skip_verify: true}"),
    ("http", "https://127.0.0.1:TLS/", ""),
    ("tcp", "127.0.0.1:BANNER", ""),
    ("tcp", "127.0.0.1:1", ""),
    ("tcp", "no-port", ""),
    ("tcp", "127.0.0.1:BANNER", "query_response: [{expect: '^220 (\\S+)'}, {send: HELO me}, {expect: '^250 hello (\\S+)', labels: [{name: a, value: '${1}'}]}]"),
    ("tcp", "localhost:TLS", "tls: true, tls_config: {ca_file: CA}"),
    ("tcp", "127.0.0.1:WEB", "tls: true"),
    ("dns", "127.0.0.1:DNS", "query_name: example.test, query_type: A"),
    ("dns", "127.0.0.1:DNS", "query_name: example.test, query_type: SOA, transport_protocol: tcp"),
    ("dns", "127.0.0.1:DNS", "query_name: nx.test, query_type: A"),
    ("dns", "127.0.0.1:1", "query_name: nx.test, query_type: A"),
    ("dns", "no-such-host.invalid", "query_name: nx.test, query_type: A"),
    ("icmp", "127.0.0.1", ""),
    ("icmp", "no-such-host.invalid", ""),
]  # fmt: skip
OURS_ONLY = {"probe_failure_info", "probe_timeout_seconds"}
TIMES = re.compile(r"(_duration_seconds|_lookup_time_seconds)")


def config(world: Targets) -> str:
    lines = ["modules:"]
    for number, (prober, _, options) in enumerate(CASES):
        options = options.replace("CA", str(world.folder / "ca.crt"))
        lines.append(
            f"  m{number}: {{prober: {prober}, timeout: 60s, {prober}: {{preferred_ip_protocol: ip4, {options}}}}}"
        )
    return "\n".join(lines)


def families(text: str) -> dict[str, object]:
    """HELP, TYPE and samples; of times only that they are there."""
    out: dict[str, object] = {}
    for line in text.splitlines():
        words = line.split()
        if line.startswith("# "):
            out[f"{words[1]} {words[2]}"] = " ".join(words[3:])
        elif line:
            name, _, value = line.rpartition(" ")
            out[name] = "some time" if TIMES.search(name) else float(value)
    return {key: value for key, value in out.items() if not any(name in key for name in OURS_ONLY)}


def test_same_answers(tmp_path: Path) -> None:
    with targets(tmp_path) as world:
        path = tmp_path / "blackbox.yml"
        path.write_text(config(world))
        flags = [f"--config.file={path}"]
        urls, commands = [], ([need_peer("prometheus-blackbox-exporter")], [*PHAROS, "blackbox"])
        ports = [free_port(), free_port()]
        argvs = [
            [*one, *flags, f"--web.listen-address=127.0.0.1:{port}"] for one, port in zip(commands, ports, strict=True)
        ]
        with running(argvs[0], tmp_path / "theirs.log"), running(argvs[1], tmp_path / "ours.log"):
            urls = [f"http://127.0.0.1:{port}" for port in ports]
            wait_for("the real exporter", lambda: httpx.get(f"{urls[0]}/-/healthy").status_code == 200)
            wait_ready(urls[1])
            for number, (_, target, options) in enumerate(CASES):
                for name, port in world.ports.items():
                    target = target.replace(f":{name.upper()}", f":{port}")
                parameters = {"module": f"m{number}", "target": target}
                answers = [httpx.get(f"{url}/probe", params=parameters) for url in urls]
                assert families(answers[1].text) == families(answers[0].text), (target, options)
                assert answers[0].status_code == answers[1].status_code == 200
