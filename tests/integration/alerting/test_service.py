"""The service as a process: crashes, restarts, storms, real amtool."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.peers import need_peer
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready
from tests.support.webhook import Posted, webhook

pytestmark = pytest.mark.integration

ROUTE = "route: {receiver: chat, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}\n"


def argv(folder: Path, port: int) -> list[str]:
    return [
        *PHAROS,
        "alerting",
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


def write(folder: Path, receiver: str, route: str = ROUTE) -> None:
    (folder / "alertmanager.yml").write_text(f"{route}receivers:\n  - {{name: chat, {receiver}}}\n")


def post(url: str, *names: str, **labels: str) -> None:
    alerts = [{"labels": {"alertname": name, **labels}, "annotations": {"summary": f"{name} fires"}} for name in names]
    assert httpx.post(f"{url}/api/v2/alerts", json=alerts).status_code == 200


def silence(url: str, name: str) -> str:
    document = {
        "matchers": [{"name": "alertname", "value": name, "isRegex": False}],
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2126-01-01T00:00:00Z",
        "createdBy": "me",
        "comment": "test",
    }
    return str(httpx.post(f"{url}/api/v2/silences", json=document).json()["silenceID"])


def test_a_kill_loses_no_acknowledged_silence_and_repeats_no_notification(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with webhook() as hook:
        write(tmp_path, f"webhook_configs: [{{url: '{hook.url}/hook'}}]")
        with running(argv(tmp_path, port), tmp_path / "log") as process:
            wait_ready(url)
            post(url, "disk")
            wait_for("the notification", lambda: hook.posted)
            wait_for("its record", lambda: httpx.get(f"{url}/api/v2/notifications").json()["total"])
            ids = [silence(url, f"silent{number}") for number in range(20)]
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        with running(argv(tmp_path, port), tmp_path / "log"):
            wait_ready(url)
            known = {one["id"] for one in httpx.get(f"{url}/api/v2/silences").json()}
            assert known == set(ids)
            post(url, "disk", "silent3")
            time.sleep(1.5)
            assert len(hook.posted) == 1
            post(url, "node")
            wait_for("another notification", lambda: len(hook.posted) == 2)
            assert httpx.get(f"{url}/api/v2/notifications").json()["total"] == 2


def test_a_bad_file_leaves_the_old_configuration_running(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with webhook() as hook:
        write(tmp_path, f"webhook_configs: [{{url: '{hook.url}/old'}}]")
        with running(argv(tmp_path, port), tmp_path / "log"):
            wait_ready(url)
            write(tmp_path, f"webhook_configs: [{{ulr: '{hook.url}/new'}}]")
            answer = httpx.post(f"{url}/-/reload")
            assert answer.status_code == 500
            assert "did you mean 'url'?" in answer.text
            post(url, "disk")
            wait_for("the notification", lambda: hook.at("/old"))
            write(tmp_path, f"webhook_configs: [{{url: '{hook.url}/new'}}]")
            assert httpx.post(f"{url}/-/reload").status_code == 200
            post(url, "node")
            wait_for("the notification to the new place", lambda: hook.at("/new"))


def test_a_bad_file_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    write(tmp_path, "webhook_configs: [{url: 'http://x'}], opsgenie_configs: [{api_key: x}]")
    done = subprocess.run([*argv(tmp_path, 0), "--config.check"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "opsgenie_configs[0]" in done.stderr
    assert "supported are webhook_configs" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_storm_of_1000_alerts_loses_none(tmp_path: Path) -> None:
    """DingTalk takes 20 messages a minute and 20,000 bytes each, then refuses; each alert is a group of its own."""
    refused: list[str] = []
    taken: list[float] = []

    def dingtalk(posted: Posted) -> tuple[int, bytes]:
        recent = [moment for moment in taken if moment > posted.at - 60]
        if len(recent) >= 20 or len(posted.body) > 20_000:
            refused.append(f"{len(recent)} messages, {len(posted.body)} bytes")
            return 200, b'{"errcode": 130101, "errmsg": "send too fast"}'
        taken.append(posted.at)
        return 200, b'{"errcode": 0, "errmsg": "ok"}'

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with webhook() as hook:
        hook.answer = dingtalk
        route = "route: {receiver: chat, group_by: ['...'], group_wait: 1s, group_interval: 5m}\n"
        write(
            tmp_path,
            f"dingtalk_configs: [{{webhook_url: '{hook.url}/robot/send?access_token=x', secret: SECx}}]",
            route,
        )
        with running(argv(tmp_path, port), tmp_path / "log"):
            wait_ready(url)
            alerts = [{"labels": {"alertname": "Storm", "instance": f"host-{n}-end"}} for n in range(1000)]
            for start in range(0, 1000, 100):
                assert httpx.post(f"{url}/api/v2/alerts", json=alerts[start : start + 100]).status_code == 200
            texts = wait_for("all alerts to be told", lambda: _all_told(hook.posted))
    assert refused == []
    assert len(taken) <= 20
    assert "groups" in texts


def _all_told(posted: list[Posted]) -> str:
    text = "".join(one.json()["markdown"]["title"] + one.json()["markdown"]["text"] for one in list(posted))
    return text if all(f"host-{number}-end" in text for number in range(1000)) else ""


@pytest.mark.peers
def test_amtool(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def amtool(*arguments: str) -> str:
        done = subprocess.run(
            [need_peer("amtool"), f"--alertmanager.url={url}", *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    need_peer("amtool")
    write(tmp_path, "webhook_configs: [{url: 'http://127.0.0.1:9/hook'}]")
    with running(argv(tmp_path, port), tmp_path / "log"):
        wait_ready(url)
        amtool("alert", "add", "disk", "instance=a", "severity=critical", '--annotation=summary="full"')
        assert "disk" in amtool("alert", "query", 'severity="critical"')
        assert "disk" not in amtool("alert", "query", 'severity="warning"')
        assert "full" in amtool("-o", "json", "alert")
        id_ = amtool("silence", "add", "alertname=disk", "-c", "test", "-a", "me").strip()
        assert id_ in amtool("silence", "query")
        assert "disk" in amtool("alert", "query", "--silenced")
        amtool("silence", "update", id_, "-d", "3h")
        amtool("silence", "expire", id_)
        assert id_ in amtool("silence", "query", "--expired")
        assert "receiver: chat" in amtool("config", "show")
        assert "chat" in amtool("config", "routes", "test", "severity=critical")
        assert "disabled" in amtool("cluster", "show")


def test_history_explanation_and_test_button(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def get(path: str) -> Any:
        return httpx.get(f"{url}/api/v2/{path}").json()

    with webhook() as hook:
        hook.answer = lambda posted: (400, b"no such robot")
        write(tmp_path, f"webhook_configs: [{{url: '{hook.url}/hook'}}]")
        with running(argv(tmp_path, port), tmp_path / "log"):
            wait_ready(url)
            post(url, "disk", instance="a")
            wait_for("the failed attempt", lambda: get("notifications?result=failure")["total"])
            found = get("notifications?text=instance%3Da")["notifications"][0]
            assert (found["success"], found["error"]["reason"]) == (False, "client_error")
            assert "no such robot" in found["error"]["text"]

            def verdict() -> str:
                (explained,) = get('explain?filter=alertname="disk"')
                return str(explained["destinations"][0]["verdict"])

            wait_for("the verdict, between two tries", lambda: verdict() == "failed")
            id_ = silence(url, "disk")
            (explained,) = get('explain?filter=alertname="disk"')
            assert (explained["destinations"][0]["verdict"], explained["destinations"][0]["silencedBy"]) == (
                "silenced",
                [id_],
            )
            document = httpx.get(f"{url}/api/v2/silence/{id_}").json()
            answer = httpx.post(f"{url}/api/v2/acknowledgements", json={**document, "id": ""})
            ack = answer.json()["acknowledgementID"]
            assert get("alerts")[0]["status"]["acknowledgedBy"] == [ack]
            assert httpx.delete(f"{url}/api/v2/acknowledgement/{ack}").status_code == 200
            assert get("alerts")[0]["status"]["acknowledgedBy"] == []
            dry = httpx.post(f"{url}/api/v2/receivers/chat/test", json={"dryRun": True}).json()["results"][0]
            assert dry["success"]
            assert "TestAlert" in dry["body"]
            wet = httpx.post(f"{url}/api/v2/receivers/chat/test").json()["results"][0]
            assert not wet["success"]
            assert "no such robot" in wet["error"]
            assert httpx.post(f"{url}/api/v2/receivers/nobody/test").status_code == 404


@pytest.mark.peers
def test_a_real_prometheus_sends_its_alerts(tmp_path: Path) -> None:
    port, prometheus_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    (tmp_path / "rules.yml").write_text(
        "groups: [{name: g, rules: [{alert: Always, expr: vector(1), labels: {severity: page}, annotations: {summary: hi}}]}]"
    )
    (tmp_path / "prometheus.yml").write_text(
        "global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\n"
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]}}\n"
    )
    start = [
        need_peer("prometheus"),
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{prometheus_port}",
        "--rules.alert.resend-delay=1s",  # the first alerts fire before it has found us
    ]
    with webhook() as hook:
        write(tmp_path, f"webhook_configs: [{{url: '{hook.url}/hook'}}]")
        with running(argv(tmp_path, port), tmp_path / "log"):
            wait_ready(url)
            with running(start, tmp_path / "prometheus.log"):
                (body,) = wait_for("the notification", lambda: hook.at("/hook")[:1])
    assert body["commonLabels"] == {"alertname": "Always", "severity": "page"}
    assert body["commonAnnotations"] == {"summary": "hi"}
    assert "/graph?g0.expr=vector" in body["alerts"][0]["generatorURL"]
