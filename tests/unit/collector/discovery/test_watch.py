"""Every discoverer against a fake of what it asks."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import dns.resolver
import httpx
import pytest

from collector.config.discovery import (
    DiscoveryOptions,
    DnsSdConfig,
    DockerSdConfig,
    FilePattern,
    FileSdConfig,
    HttpSdConfig,
    StaticConfig,
)
from collector.discovery import TargetGroup, discoverers, watch
from collector.discovery.dns import DnsDiscovery
from collector.discovery.docker import DockerDiscovery
from collector.discovery.files import FileDiscovery
from collector.discovery.http import HttpDiscovery
from collector.discovery.payload import parse_groups
from collector.discovery.refresh import RefreshError
from pharos.clock import SystemClock
from pharos.config import ConfigError


def addresses(groups: Sequence[TargetGroup]) -> list[str]:
    return [target["__address__"] for group in groups for target in group.targets]


class EagerClock(SystemClock):
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def test_watch_merges_all_discoverers() -> None:
    options = DiscoveryOptions(static_configs=(StaticConfig(("a:1",), {"x": "y"}), StaticConfig(("b:1",))))
    seen: list[Sequence[TargetGroup]] = []
    task = asyncio.create_task(watch(options, seen.append, name="job", clock=EagerClock()))
    while not seen or len(seen[-1]) < 2:
        await asyncio.sleep(0)
    task.cancel()
    assert addresses(seen[-1]) == ["a:1", "b:1"]
    assert seen[-1][0].labels == {"x": "y"}


async def test_watch_without_discoverers_says_there_is_nothing() -> None:
    seen: list[Sequence[TargetGroup]] = []
    task = asyncio.create_task(watch(DiscoveryOptions(), seen.append))
    while not seen:
        await asyncio.sleep(0)
    task.cancel()
    assert seen == [[]]


class TestFiles:
    def discovery(self, folder: Path) -> FileDiscovery:
        return FileDiscovery(FileSdConfig((FilePattern(folder / "*.yml"), FilePattern(folder / "*.json"))))

    def groups(self, discovery: FileDiscovery) -> list[TargetGroup]:
        return [group for path in sorted(discovery._groups) for group in discovery._groups[path]]

    def test_reads_yaml_and_json(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("- targets: [a:1]\n  labels: {x: y}\n")
        (tmp_path / "b.json").write_text('[{"targets": ["b:1"]}]')
        discovery = self.discovery(tmp_path)
        assert discovery.refresh()
        assert sorted(addresses(self.groups(discovery))) == ["a:1", "b:1"]
        assert self.groups(discovery)[0].labels == {"x": "y", "__meta_filepath": str(tmp_path / "a.yml")}
        assert not discovery.refresh()

    def test_a_broken_file_keeps_its_last_targets(self, tmp_path: Path) -> None:
        file = tmp_path / "a.yml"
        file.write_text("- targets: [a:1]\n")
        discovery = self.discovery(tmp_path)
        discovery.refresh()
        file.write_text("- targets: [a:1\n")
        os.utime(file, (1, 1))
        assert not discovery.refresh()
        assert addresses(self.groups(discovery)) == ["a:1"]
        file.unlink()
        assert discovery.refresh()
        assert self.groups(discovery) == []

    @pytest.mark.parametrize("path", ["a.txt", "*/a.yml", "a*b*.yml", "yml"])
    def test_patterns_are_checked(self, path: str) -> None:
        with pytest.raises(ValueError, match="not valid"):
            FilePattern.from_config(path)


@pytest.mark.parametrize("text", ["{}", "- a", "- {targetz: []}", "- {targets: {}}"])
def test_payloads_are_checked(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_groups(text, "x")


class TestHttp:
    def discovery(self, answer: httpx.Response) -> HttpDiscovery:
        return HttpDiscovery(HttpSdConfig(url="http://sd/t"), httpx.MockTransport(lambda _: answer))

    async def test_groups(self) -> None:
        body = [{"targets": ["a:1"], "labels": {"x": "y"}}]
        (group,) = await self.discovery(httpx.Response(200, json=body)).refresh()
        assert addresses([group]) == ["a:1"]
        assert group.labels == {"x": "y", "__meta_url": "http://sd/t"}

    @pytest.mark.parametrize(
        "answer", [httpx.Response(500), httpx.Response(200, text="[]"), httpx.Response(200, json={"a": 1})]
    )
    async def test_failures(self, answer: httpx.Response) -> None:
        with pytest.raises(RefreshError):
            await self.discovery(answer).refresh()


class Resolver:
    def __init__(self, answers: dict[str, object]) -> None:
        self.answers = answers

    async def resolve(self, name: str, _: str, **__: object) -> object:
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Name(str):
    def to_text(self) -> str:
        return str(self)


class TestDns:
    async def test_srv(self) -> None:
        record = SimpleNamespace(target=Name("host."), port=9100)
        discovery = DnsDiscovery(DnsSdConfig(("_x._tcp",)), Resolver({"_x._tcp": [record]}))
        (group,) = await discovery.refresh()
        assert group.targets == (
            {
                "__address__": "host:9100",
                "__meta_dns_name": "_x._tcp",
                "__meta_dns_srv_record_target": "host.",
                "__meta_dns_srv_record_port": "9100",
            },
        )

    async def test_addresses_mail_and_missing_names(self) -> None:
        answers = {"a": [SimpleNamespace(address="::1")], "b": dns.resolver.NXDOMAIN()}
        discovery = DnsDiscovery(DnsSdConfig(("a", "b"), "AAAA", 80), Resolver(answers))
        assert addresses(await discovery.refresh()) == ["[::1]:80"]
        mail = DnsDiscovery(DnsSdConfig(("a",), "MX", 80), Resolver({"a": [SimpleNamespace(exchange=Name("m."))]}))
        assert addresses(await mail.refresh()) == ["m:80"]

    async def test_a_failing_server_keeps_the_last_answer(self) -> None:
        resolver = Resolver({"a": [SimpleNamespace(address="1.2.3.4")]})
        discovery = DnsDiscovery(DnsSdConfig(("a",), "A", 80), resolver)
        await discovery.refresh()
        resolver.answers["a"] = dns.resolver.NoNameservers()
        assert addresses(await discovery.refresh()) == ["1.2.3.4:80"]
        with pytest.raises(RefreshError):
            await DnsDiscovery(DnsSdConfig(("a",), "A", 80), resolver).refresh()


async def test_docker() -> None:
    container = {
        "Id": "c1",
        "Names": ["/web"],
        "Labels": {"com.example/x": "y"},
        "HostConfig": {"NetworkMode": "bridge"},
        "Ports": [
            {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
            {"PrivatePort": 53, "Type": "udp"},
        ],
        "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "n1", "IPAddress": "172.17.0.2"}}},
    }
    bare = {**container, "Id": "c2", "Ports": []}
    networks = [{"Id": "n1", "Name": "bridge", "Scope": "local", "Internal": False, "Ingress": False}]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=json.dumps([container, bare] if "containers" in request.url.path else networks))

    discovery = DockerDiscovery(DockerSdConfig(host="unix:///var/run/docker.sock"), httpx.MockTransport(answer))
    (group,) = await discovery.refresh()
    assert addresses([group]) == ["172.17.0.2:80", "172.17.0.2:80"]
    assert group.targets[0]["__meta_docker_container_label_com_example_x"] == "y"
    assert group.targets[0]["__meta_docker_port_public"] == "8080"
    assert "__meta_docker_port_private" not in group.targets[1]


def test_all_are_registered() -> None:
    names = {plugin.name for plugin in discoverers}
    assert {f"{name}_configs" for name in ("static", "file_sd", "http_sd", "dns_sd", "docker_sd")} <= names
