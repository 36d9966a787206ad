"""The real Alertmanager and ours, side by side: the same configuration, the same alerts, the same notifications."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.alertmanager import command
from tests.support.processes import PHAROS, free_port, running, wait_ready
from tests.support.webhook import Webhook, webhook

pytestmark = [pytest.mark.integration, pytest.mark.peers]

CONFIG = """
route:
  receiver: all
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 1h
  routes:
    - {receiver: quiet, continue: true, matchers: ['severity="critical"'], group_by: [alertname, zone]}
    - {receiver: night, matchers: ['team="night"'], mute_time_intervals: [always]}
    - {receiver: each, matchers: ['team="each"'], group_by: ['...'], group_wait: 500ms}
receivers:
  - {name: all, webhook_configs: [{url: "URL/all"}]}
  - {name: quiet, webhook_configs: [{url: "URL/quiet", send_resolved: false, max_alerts: 1}]}
  - {name: night, webhook_configs: [{url: "URL/night"}]}
  - {name: each, webhook_configs: [{url: "URL/each"}]}
time_intervals:
  - {name: always, time_intervals: [{times: [{start_time: '00:00', end_time: '24:00'}]}]}
inhibit_rules:
  - {source_matchers: ['alertname="cluster"'], target_matchers: ['alertname="node"'], equal: [zone]}
"""


@contextlib.contextmanager
def ours(folder: Path, url: str) -> Iterator[str]:
    config, port = folder / "ours.yml", free_port()
    config.write_text(CONFIG.replace("URL", url))
    argv = [*PHAROS, "alerting", f"--config.file={config}", f"--storage.path={folder / 'ours'}"]
    with running([*argv, f"--web.listen-address=127.0.0.1:{port}"], folder / "ours.log"):
        wait_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def theirs(folder: Path, url: str) -> Iterator[str]:
    start = command(folder)
    if start is None:
        pytest.skip(
            "the real Alertmanager is not to be had here, or its templates are not (see tests/support/packages.sh)"
        )
    config, port = folder / "theirs.yml", free_port()
    config.write_text(CONFIG.replace("URL", url))
    argv = [*start, f"--config.file={config}", f"--storage.path={folder / 'theirs'}", "--cluster.listen-address="]
    with running([*argv, f"--web.listen-address=127.0.0.1:{port}"], folder / "theirs.log"):
        wait_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


def alert(name: str, instance: str, *, over: bool = False, **labels: str) -> dict[str, Any]:
    now = time.time()
    ends = now - 0.1 if over else now + 600
    return {
        "labels": {"alertname": name, "instance": instance, **labels},
        "annotations": {"summary": f"{name} {instance}"},
        "startsAt": _text(STARTED),
        "endsAt": _text(ends),
        "generatorURL": "http://prometheus/graph",
    }


STARTED = float(int(time.time()))


def _text(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}Z"


def silence(url: str, matchers: list[dict[str, Any]]) -> str:
    now = time.time()
    document = {
        "matchers": matchers,
        "startsAt": _text(now),
        "endsAt": _text(now + 600),
        "createdBy": "me",
        "comment": "test",
    }
    answer = httpx.post(f"{url}/api/v2/silences", json=document)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["silenceID"])


def play(urls: list[str]) -> None:
    """The schedule. Events keep half a second away from flushes, so that both see the same."""

    def post(*alerts: dict[str, Any]) -> None:
        for url in urls:
            assert httpx.post(f"{url}/api/v2/alerts", json=list(alerts)).status_code == 200

    ids = [silence(url, [{"name": "instance", "value": "s.*", "isRegex": True}]) for url in urls]
    post(
        alert("disk", "1", severity="warning"),
        alert("disk", "2", severity="critical", zone="a"),
        alert("disk", "3", severity="critical", zone="b"),
        alert("cluster", "c", zone="a"),
        alert("node", "1", zone="a"),
        alert("node", "2", zone="b"),
        alert("node", "silent", zone="b"),
        alert("job", "x", team="night"),
        alert("one", "1", team="each"),
        alert("one", "2", team="each"),
    )
    time.sleep(2)  # 1 s: the first flushes
    post(alert("disk", "1", over=True, severity="warning"), alert("node", "3", zone="b"))
    time.sleep(2)  # 3 s
    post(alert("cluster", "c", over=True, zone="a"), alert("one", "1", over=True, team="each"))
    for url, id_ in zip(urls, ids, strict=True):
        assert httpx.delete(f"{url}/api/v2/silence/{id_}").status_code == 200
    time.sleep(2)  # 5 s
    post(
        alert("disk", "2", over=True, severity="critical", zone="a"),
        alert("disk", "3", over=True, severity="critical", zone="b"),
    )
    time.sleep(4)  # 7 s, 9 s


def told(hook: Webhook, path: str) -> dict[str, list[tuple[str, int, list[tuple[str, str]]]]]:
    """By group key: status, truncated alerts and alerts of each notification, in order."""
    out: dict[str, list[tuple[str, int, list[tuple[str, str]]]]] = {}
    for body in hook.at(path):
        alerts = [(one["fingerprint"], one["status"]) for one in body["alerts"]]
        out.setdefault(body["groupKey"], []).append((body["status"], body["truncatedAlerts"], alerts))
    return out


def test_same_notifications_and_same_state(tmp_path: Path) -> None:
    with (
        webhook() as hook_a,
        webhook() as hook_b,
        theirs(tmp_path, hook_a.url) as real,
        ours(tmp_path, hook_b.url) as own,
    ):
        play([real, own])
        for path in ("/all", "/quiet", "/night", "/each"):
            assert told(hook_b, path) == told(hook_a, path), path
        assert len(hook_a.posted) > 8
        for first, second in zip(hook_a.at("/all"), hook_b.at("/all"), strict=False):
            assert set(first) - set(second) == set()
            assert set(first["alerts"][0]) == set(second["alerts"][0])
        for path in ("alerts", "alerts/groups", "receivers", "silences"):
            answers = [httpx.get(f"{url}/api/v2/{path}").json() for url in (real, own)]
            assert _shared(answers[1], answers[0]) == _shared(answers[0], answers[0]), path


def _shared(value: Any, reference: Any) -> Any:
    """The value without what the reference does not have, and without moments of receipt and random ids."""
    if isinstance(value, dict) and isinstance(reference, dict):
        compared = reference.keys() - {"updatedAt", "endsAt", "startsAt", "id"}
        return {name: _shared(value.get(name), reference[name]) for name in sorted(compared)}
    if isinstance(value, list) and isinstance(reference, list) and len(value) == len(reference):
        return [_shared(item, other) for item, other in zip(value, reference, strict=True)]
    return value
