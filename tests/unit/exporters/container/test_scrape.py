from pathlib import Path

import pytest

from exporters.container.facts import Facts
from exporters.container.groups.registry import Container, Emit, groups
from exporters.container.scrape import Scraper, Settings
from exporters.page import samples
from pharos.clock import SystemClock
from tests.support import cgroups
from tests.support.cgroups import ID, POD, SYSTEMD, UID

SERVICE = "/system.slice/cron.service"


def settings(tmp_path: Path, **more: object) -> Settings:
    root = cgroups.v2(tmp_path / "cg", SYSTEMD, SERVICE)
    base = {"cgroup_root": str(root), "procfs": str(cgroups.procfs(tmp_path / "proc")), "groups": ("cpu", "network")}
    return Settings(**{**base, **more})  # type: ignore[arg-type]


def ids(page: dict[str, float]) -> set[str]:
    return {key.split('id="')[1].split('"')[0] for key in page if key.startswith("container_last_seen")}


def test_kubelet_labels_on_containers_and_pods(tmp_path: Path) -> None:
    facts = {ID: Facts(ID, ID, "nginx", "web", "web-0", "shop", UID, labels={"team": "lamps", "x/y": "1"})}
    page = samples(Scraper(settings(tmp_path, label_whitelist=frozenset({"x/y"})), SystemClock()).scrape(facts))
    own = (
        f'id="{SYSTEMD}",container="web",image="nginx",name="{ID}",namespace="shop",pod="web-0",container_label_x_y="1"'
    )
    assert page[f'container_cpu_usage_seconds_total{{{own},cpu="total"}}'] == 7
    assert page[f'container_last_seen{{id="{POD}",pod="web-0",namespace="shop"}}'] > 0


def test_without_a_runtime_there_are_ids(tmp_path: Path) -> None:
    page = samples(Scraper(settings(tmp_path), SystemClock()).scrape({}))
    assert page[f'container_cpu_usage_seconds_total{{id="{SYSTEMD}",name="{ID}",cpu="total"}}'] == 7


def test_which_groups_are_told(tmp_path: Path) -> None:
    everything = ids(samples(Scraper(settings(tmp_path), SystemClock()).scrape({})))
    assert {"/", SYSTEMD, POD, SERVICE, "/system.slice"} <= everything
    chosen = Settings(cgroup_root=str(tmp_path / "cg"), containers_only=True)
    assert ids(samples(Scraper(chosen, SystemClock()).scrape({}))) == {"/", SYSTEMD}
    chosen = Settings(cgroup_root=str(tmp_path / "cg"), raw_prefixes=("/system.slice",))
    assert ids(samples(Scraper(chosen, SystemClock()).scrape({}))) == {"/", SYSTEMD, SERVICE, "/system.slice"}


def test_a_network_is_told_once(tmp_path: Path) -> None:
    other = SYSTEMD.replace(ID, "f" * 64)
    cgroups.v2(tmp_path / "cg", other)
    page = samples(Scraper(settings(tmp_path), SystemClock()).scrape({}))
    told = [key for key in page if key.startswith("container_network_receive_bytes_total")]
    assert len(told) == 2
    assert any('id="/"' in key for key in told)


def test_all_labels_when_asked(tmp_path: Path) -> None:
    facts = {ID: Facts(ID, "web", labels={"team": "lamps"}, env={"MODE": "fast", "SECRET": "x"})}
    more = {"all_labels": True, "env_whitelist": frozenset({"MODE"})}
    page = samples(Scraper(settings(tmp_path, **more), SystemClock()).scrape(facts))
    key = next(key for key in page if key.startswith("container_last_seen") and SYSTEMD in key)
    assert 'container_label_team="lamps",container_env_MODE="fast"' in key
    assert "SECRET" not in key


def test_a_group_that_fails_is_an_error_of_the_page_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_plugins", dict(groups._plugins))

    @groups.register("broken", families={})
    def broken(_: Container, __: Emit) -> None:
        raise RuntimeError("bad")

    page = samples(Scraper(settings(tmp_path, groups=("broken", "cpu")), SystemClock()).scrape({}))
    assert page["container_scrape_error"] == 1
    assert any(key.startswith("container_cpu_usage") for key in page)
