"""Counters of the CPUs and of the kernel for each container, by perf_event_open(2) on its cgroup."""

import os
from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.container.perfconfig import PerfEvent
from exporters.cpulist import parse_cpu_list
from exporters.files import attribute
from exporters.perfevents import open_counter, read_counter

FAMILIES: Final[Families] = {
    "container_perf_events_total": ("counter", "Perf event metric."),
    "container_perf_events_scaling_ratio": ("gauge", "Perf event metric scaling ratio."),
}


class _Counters:
    """The open counters of one container: event, CPU, descriptor. Closed with it."""

    def __init__(self) -> None:
        self.open: list[tuple[str, str, int]] = []

    def __del__(self) -> None:
        for _, _, descriptor in self.open:
            os.close(descriptor)


@groups.register("perf_event", default=False, families=FAMILIES, needs="perf_events")
class PerfEvents:
    """Events of `--perf_events_config`, per container; counting begins with the first scrape that sees it."""

    def __init__(self, events: tuple[PerfEvent, ...]) -> None:
        self._events = events
        self._known: dict[str, _Counters] = {}

    def __call__(self, container: Container, emit: Emit) -> None:
        path = container.cgroup.id
        if container.name.kind != "container" and path != "/":
            return
        counters = self._known.get(path)
        if counters is None:
            counters = self._known[path] = self._start(container)
        totals: dict[str, int] = {}
        ratios: dict[str, float] = {}
        for event, _, descriptor in counters.open:
            value, ratio = read_counter(descriptor)
            totals[event] = totals.get(event, 0) + value
            ratios[event] = min(ratios.get(event, 1.0), ratio)
        for event, value in totals.items():
            labels = {"cpu": "", "event": event}
            emit("container_perf_events_total", value, labels)
            emit("container_perf_events_scaling_ratio", ratios[event], labels)

    def keep(self, paths: set[str]) -> None:
        """Stop counting for containers that are gone."""
        self._known = {path: counters for path, counters in self._known.items() if path in paths}

    def _start(self, container: Container) -> _Counters:
        """Raises `OSError` when the kernel grants none of it: see /proc/sys/kernel/perf_event_paranoid."""
        counters = _Counters()
        folder = _folder(container)
        try:
            for event in self._events:
                for cpu in parse_cpu_list(attribute(f"{container.sysfs}/devices/system/cpu/online")):
                    number = open_counter(event.type, event.config, cpu, cgroup=folder, more=event.more)
                    counters.open.append((event.name, str(cpu), number))
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}: perf event {event.name}") from error
        finally:
            os.close(folder)
        return counters


def _folder(container: Container) -> int:
    """The container's folder in the tree that counts: v1's own, or the one of version 2, where perf_event is always there."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        return os.open(container.cgroup.path("perf_event", ""), flags)
    except FileNotFoundError:
        unified = container.cgroup.unified("")
        if unified is None:
            raise
        return os.open(unified, flags)
