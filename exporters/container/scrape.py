"""One scrape: walks the cgroups, reads each container's groups of metrics, and puts labels on them."""

import inspect
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from exporters.container.cgroups.hierarchy import Cgroup, Hierarchy
from exporters.container.cgroups.names import CgroupName, is_container, parse_name
from exporters.container.facts import Facts
from exporters.container.groups.registry import Container, Group, groups
from exporters.container.perfconfig import PerfEvent
from exporters.container.states import state_metrics
from pharos.clock import Clock
from pharos.exposition import Metric, gauge

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is read and how it is labelled. `label_whitelist` and `env_whitelist` name what becomes `container_label_*` and `_env_*`."""

    cgroup_root: str = "/sys/fs/cgroup"
    procfs: str = "/proc"
    sysfs: str = "/sys"
    groups: tuple[str, ...] = ()
    containers_only: bool = False
    raw_prefixes: tuple[str, ...] = ()
    label_whitelist: frozenset[str] = frozenset()
    env_whitelist: frozenset[str] = frozenset()
    all_labels: bool = False
    perf_events: tuple[PerfEvent, ...] = ()


@dataclass(slots=True)
class _Families:
    """The families of a page while it grows, and the labels of the container that is being read."""

    table: dict[str, Metric] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def emit(self, family: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        self.table[family].samples.append(("", {**self.labels, **labels} if labels else self.labels, value, None))


class Scraper:
    """Reads all containers of this host."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._groups: dict[str, Group] = {}
        for name in settings.groups:
            factory: Any = groups[name].factory
            needs = groups[name].facts.get("needs")
            arguments = [getattr(settings, needs)] if needs else []
            group: Any = factory(*arguments) if inspect.isclass(factory) else factory
            self._groups[name] = group
        self._families = {
            name: declared for key in self._groups for name, declared in groups[key].facts["families"].items()
        }
        self._hierarchy = Hierarchy(settings.cgroup_root)
        self._failures: set[str] = set()

    def scrape(self, facts: Mapping[str, Facts]) -> list[Metric]:
        """The page. `facts`: what runtimes know, by container id."""
        page = _Families({name: Metric(name, kind, text) for name, (kind, text) in self._families.items()})
        seen = gauge("container_last_seen", "Last time a container was seen by the exporter")
        now, errors = int(self._clock.now()), 0
        pods = {known.pod_uid: known for known in facts.values() if known.pod_uid and known.pod}
        networks: set[str] = set()
        paths: set[str] = set()
        labels_by_id: dict[str, Mapping[str, str]] = {}
        for cgroup in sorted(self._hierarchy.groups(is_container), key=lambda each: _turn(each.id, facts)):
            name = parse_name(cgroup.id)
            if not self._wanted(cgroup.id, name):
                continue
            paths.add(cgroup.id)
            known = facts.get(name.container_id)
            page.labels = self._labels(cgroup, name, known, pods)
            if known is not None:
                labels_by_id[known.id] = page.labels
            container = self._container(cgroup, name, known, networks)
            seen.add(now, page.labels)
            errors += self._read(container, page)
        for group in self._groups.values():
            keep: Callable[[set[str]], None] | None = getattr(group, "keep", None)
            if keep is not None:
                keep(paths)
        error = gauge("container_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise")
        error.add(int(errors > 0))
        return [*page.table.values(), *state_metrics(facts.values(), labels_by_id), seen, error]

    def _wanted(self, path: str, name: CgroupName) -> bool:
        if path == "/" or name.kind == "container":
            return True
        if self._settings.raw_prefixes:
            return path.startswith(self._settings.raw_prefixes)
        return not self._settings.containers_only

    def _labels(
        self, cgroup: Cgroup, name: CgroupName, known: Facts | None, pods: Mapping[str, Facts]
    ) -> Mapping[str, str]:
        labels = {"id": cgroup.id}
        if known is not None:
            labels |= known.metric_labels()
            labels |= self._chosen("container_label_", known.labels, self._settings.label_whitelist)
            labels |= self._chosen("container_env_", known.env, self._settings.env_whitelist)
        elif name.container_id:
            labels["name"] = name.container_id
        pod = pods.get(name.pod_uid)
        if pod is not None and "pod" not in labels:
            labels |= {"pod": pod.pod, "namespace": pod.namespace}
        return labels

    def _chosen(self, prefix: str, pairs: Mapping[str, str], whitelist: frozenset[str]) -> dict[str, str]:
        everything = self._settings.all_labels and prefix == "container_label_"
        return {
            prefix + "".join(char if char.isascii() and char.isalnum() else "_" for char in key): value
            for key, value in pairs.items()
            if everything or key in whitelist
        }

    def _container(self, cgroup: Cgroup, name: CgroupName, known: Facts | None, networks: set[str]) -> Container:
        """The container with a process that stands for its network; each network namespace is told once."""
        pid = ""
        if cgroup.id == "/":
            pid = "1"
        elif name.kind == "container":
            pid = str(known.pid) if known is not None and known.pid else next(iter(cgroup.pids()), "")
        if pid:
            network = self._namespace(pid)
            if network in networks:
                pid = ""
            elif network:
                networks.add(network)
        return Container(cgroup, name, self._settings.procfs, self._settings.sysfs, pid)

    def _namespace(self, pid: str) -> str:
        try:
            return os.readlink(f"{self._settings.procfs}/{pid}/ns/net")
        except OSError:
            return ""

    def _read(self, container: Container, page: _Families) -> int:
        """Reads all groups; a container that ends meanwhile is no error. Returns how many groups failed."""
        failed = 0
        for name, group in self._groups.items():
            try:
                group(container, page.emit)
            except (FileNotFoundError, ProcessLookupError):
                continue
            except Exception as error:  # one group of one container must not take the page with it
                failed += 1
                key = f"{name} {type(error).__name__}"
                if key not in self._failures:
                    self._failures.add(key)
                    logger.warning(
                        "Reading failed", extra={"group": name, "cgroup": container.cgroup.id, "reason": repr(error)}
                    )
        return failed


def _turn(path: str, facts: Mapping[str, Facts]) -> int:
    """The host is read first, then sandboxes: a network told once is the host's or its pod's, whichever container restarts."""
    if path == "/":
        return 0
    known = facts.get(parse_name(path).container_id)
    return 1 if known is not None and known.sandbox else 2
