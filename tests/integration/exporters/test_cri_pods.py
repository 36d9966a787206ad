"""Real pods of a real containerd, named by its CRI."""

import os
from pathlib import Path

import httpx
import pytest

from tests.support.containerd import IMAGE, cni_plugins, containerd
from tests.support.node_exporter import series
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.containers]


def test_pods_have_the_labels_of_a_kubelet(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    short = tmp_path_factory.mktemp("c")
    port = free_port()
    with containerd(short) as place:
        sandbox, pod = place.pod("lamp-0", "harbour", f"uid-{os.getpid()}")
        running_id = place.container(sandbox, pod, "light", "while :; do :; done")
        ended_id = place.container(sandbox, pod, "match", "exit 3", attempt=2)
        argv = [
            *PHAROS, "container-exporter", f"--web.listen-address=127.0.0.1:{port}", f"--runtimes=cri={place.socket}",
        ]  # fmt: skip
        with running(argv, tmp_path / "log"):
            url = f"http://127.0.0.1:{port}"
            wait_ready(url)

            def ended() -> dict[str, float] | None:
                page = series(httpx.get(f"{url}/metrics").text)
                return page if any(key.startswith("container_last_exit_code") for key in page) else None

            page = wait_for("the end of a container", ended)
    path = f"{place.parent}/poduid-{os.getpid()}"
    own = f'container="light",id="{path}/{running_id}",image="{IMAGE}",name="{running_id}",namespace="harbour",pod="lamp-0"'
    assert page[f"container_spec_cpu_quota{{{own}}}"] == 20_000
    assert page[f"container_spec_memory_limit_bytes{{{own}}}"] == 32 << 20
    usage = own.replace("id=", 'cpu="total",id=', 1)
    assert page[f"container_cpu_usage_seconds_total{{{usage}}}"] > 0
    pods = [key for key in page if key.startswith("container_last_seen") and f'id="{path}",' in key]
    assert all('namespace="harbour",pod="lamp-0"' in key for key in pods)
    assert len(pods) == 1
    assert any('container="POD"' in key and sandbox in key for key in page)
    gone = [key for key in page if key.startswith("container_last_exit_code") and ended_id in key]
    assert [page[key] for key in gone] == [3]
    assert all('container="match"' in key and 'pod="lamp-0"' in key for key in gone)
    restarts = [page[key] for key in page if key.startswith("container_restarts_total") and ended_id in key]
    assert restarts == [2]


def test_the_network_of_a_pod_is_told_once_with_its_sandbox(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    if not cni_plugins():
        pytest.skip("no CNI plug-ins: apt-get install containernetworking-plugins")
    port = free_port()
    with containerd(tmp_path_factory.mktemp("c")) as place:
        sandbox, pod = place.pod("buoy-0", "harbour", f"net-{os.getpid()}", own_network=True)
        for name in ("light", "bell", "horn"):
            place.container(sandbox, pod, name, "while :; do sleep 60; done")
        argv = [
            *PHAROS, "container-exporter", f"--web.listen-address=127.0.0.1:{port}", f"--runtimes=cri={place.socket}",
        ]  # fmt: skip
        with running(argv, tmp_path / "log"):
            wait_ready(f"http://127.0.0.1:{port}")
            page = series(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
    told = [key for key in page if key.startswith("container_network_receive_bytes_total") and 'pod="buoy-0"' in key]
    assert len(told) == 1
    assert 'container="POD"' in told[0]
    assert 'interface="eth0"' in told[0]
