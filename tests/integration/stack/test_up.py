"""`pharos up` on real input: everything runs, crashes are mended, nothing acknowledged is lost, nothing is left behind."""

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from pharos.cli.parts import PARTS
from tests.support.processes import PATIENCE_S, PHAROS, alive, children, wait_for
from tests.support.stack import Stack, running_stack

pytestmark = pytest.mark.integration

# Not that all are up at one moment: a busy machine may let one of twenty scrapes run out of its second.
UP, PROBED = "max_over_time(up[1m])", "max_over_time(probe_success[1m])"
FAST_SCRAPES = "scrape_interval: 1s\n  evaluation_interval: 1s"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    default = (Path(__file__).parents[3] / "deploy" / "default" / "prometheus.yml").read_text()
    fast = default.replace("scrape_interval: 15s\n  evaluation_interval: 15s", FAST_SCRAPES).replace(
        "scrape_interval: 5s", "scrape_interval: 1s"
    )
    with running_stack(tmp_path_factory.mktemp("stack"), config={"prometheus.yml": fast}) as stack:
        yield stack


def test_the_stack_watches_itself(stack: Stack) -> None:
    wait_for(
        "every target up",
        lambda: (found := stack.query(UP)) and len(found) >= 13 and all(value == 1 for _, value in found),
    )
    assert stack.query("node_memory_MemTotal_bytes")[0][1] > 1e8
    wait_for(
        "probes to succeed",
        lambda: (found := stack.query(PROBED)) and all(value == 1 for _, value in found),
    )
    wait_for("a CPU rate", lambda: stack.query('sum(rate(node_cpu_seconds_total{mode="idle"}[1m]))'))


def test_the_parts_own_logs_are_searchable(stack: Stack) -> None:
    def found() -> bool:
        answer = httpx.post(f"{stack.url('logstore')}/_search", json={"query": {"match": {"message": "Listening"}}})
        return answer.status_code == 200 and len(answer.json()["hits"]["hits"]) >= 5

    wait_for("log lines of the parts", found)


def _successor(stack: Stack, command: str, old: int) -> int | None:
    """The process that stands in for a killed one."""
    try:
        pid = stack.pid(command)
    except AssertionError:
        return None
    return pid if pid != old else None


def test_a_killed_part_is_back_and_lost_nothing(stack: Stack) -> None:
    silence = {
        "matchers": [{"name": "alertname", "value": "Kept", "isRegex": False}],
        "startsAt": datetime.datetime.now(datetime.UTC).isoformat(),
        "endsAt": (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "kept over a kill",
    }
    silence_id = httpx.post(f"{stack.url('alerting')}/api/v2/silences", json=silence).json()["silenceID"]
    document = httpx.post(
        f"{stack.url('logstore')}/logs-kept-default/_doc?op_type=create",
        json={"@timestamp": int(time.time() * 1000), "message": "kept over a kill"},
    )
    assert document.status_code == 201, document.text
    before = time.time()
    wait_for("samples to be stored", lambda: stack.query("count_over_time(up{job='node'}[1m])")[0][1] >= 3)
    time.sleep(1.5)  # one fsync interval of the write-ahead log
    counted = stack.query(f"count_over_time(up{{job='node'}}[1m] @ {before})")
    for planned in PARTS:
        old = stack.pid(planned.command)
        os.kill(old, signal.SIGKILL)
        killed = time.monotonic()
        new = wait_for("a new process", lambda name=planned.command, old=old: _successor(stack, name, old))
        noticed_s = time.monotonic() - killed
        wait_for(f"{planned.command} to be back", lambda name=planned.command: stack.ready(name))
        # A start is work alone: its time is the processor's, whatever else the machine does.
        assert noticed_s + sum(psutil.Process(new).cpu_times()[:2]) < 5, f"{planned.command} took too long"
    assert stack.query(f"count_over_time(up{{job='node'}}[1m] @ {before})") == counted
    silences = httpx.get(f"{stack.url('alerting')}/api/v2/silences").json()
    assert [s["status"]["state"] for s in silences if s["id"] == silence_id] == ["active"]
    kept = httpx.post(
        f"{stack.url('logstore')}/logs-kept-default/_search",
        json={"query": {"match_phrase": {"message": "kept over a kill"}}},
    ).json()
    assert len(kept["hits"]["hits"]) == 1


@pytest.mark.parametrize(
    ("command", "name", "text"),
    [
        ("collector", "prometheus.yml", "scrape_configs: [{job_nme: x}]"),
        ("blackbox", "blackbox.yml", "modules: {a: {probr: http}}"),
        ("alerting", "alertmanager.yml", "route: {reciever: x}"),
    ],
)
def test_a_bad_file_on_reload_leaves_the_old_one_running(stack: Stack, command: str, name: str, text: str) -> None:
    file = stack.data / "config" / name
    good = file.read_text()
    file.write_text(text)
    try:
        answer = httpx.post(f"{stack.url(command)}/-/reload")
        assert answer.status_code == 500
        assert "did you mean" in answer.text
        assert stack.ready(command)
    finally:
        file.write_text(good)
    assert httpx.post(f"{stack.url(command)}/-/reload").status_code == 200


def test_a_second_stack_on_the_same_ports_is_told_who_holds_them(stack: Stack, tmp_path: Path) -> None:
    argv = [*PHAROS, "up", f"--data-dir={tmp_path}", f"--port-offset={stack.offset}"]
    second = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert second.returncode == 1
    assert f"port {9090 + stack.offset} (collector) is held by pid {stack.pid('collector')}" in second.stderr
    assert "Traceback" not in second.stderr


def test_sigterm_stops_everything_within_ten_seconds(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        pids = children(stack.process.pid)
        assert len(pids) >= len(PARTS)
        began = time.monotonic()
        stack.process.send_signal(signal.SIGTERM)
        assert stack.process.wait(PATIENCE_S) == 0
        assert time.monotonic() - began < 10
        assert [pid for pid in pids if alive(pid)] == []


def test_parts_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        pids = children(stack.process.pid)
        stack.process.kill()
        stack.process.wait(PATIENCE_S)
        wait_for("the orphans to end", lambda: not [pid for pid in pids if alive(pid)], 12)


@pytest.mark.parametrize(
    ("command", "text", "named"),
    [
        ("collector", "scrape_configs:\n  - job_nme: x\n", ["prometheus.yml:2", "job_nme", "job_name"]),
        ("blackbox", "modules:\n  a: {probr: http}\n", ["blackbox.yml:2", "probr", "prober"]),
        ("alerting", "route: {reciever: x}\nreceivers: [{name: x}]\n", ["alertmanager.yml:1", "reciever", "receiver"]),
        ("logship", "outputz: {}\n", ["logship.yml:1", "outputz", "output"]),
    ],
)
def test_a_typo_is_one_clear_line(command: str, text: str, named: list[str], tmp_path: Path) -> None:
    name = {
        "collector": "prometheus.yml",
        "blackbox": "blackbox.yml",
        "alerting": "alertmanager.yml",
        "logship": "logship.yml",
    }[command]
    (tmp_path / name).write_text(text)
    storage = {"collector": "--storage.tsdb.path", "alerting": "--storage.path", "logship": "--storage.path"}.get(
        command
    )
    argv = [
        sys.executable,
        "-m",
        "pharos.cli.main",
        command,
        f"--config.file={tmp_path / name}",
        "--web.listen-address=127.0.0.1:0",
    ]
    argv += [f"{storage}={tmp_path / 'data'}"] if storage else []
    run = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    told = (run.stdout + run.stderr).strip()
    assert run.returncode == 1, told
    assert "Traceback" not in told
    assert len([line for line in told.splitlines() if "yml" in line]) == 1, told
    for part in named:
        assert part in told
