"""Hardware, software and cache counters of the CPUs, and tracepoints, by perf_event_open(2)."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.cpulist import parse_cpu_list
from exporters.files import attribute, integer
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import NoData, collectors
from exporters.node.tables.perf import CACHE, HARDWARE, SOFTWARE, TRACEPOINT_TYPE, Event
from exporters.perfevents import open_counter, read_counter
from exporters.table import Table
from pharos.config import FieldError
from pharos.exposition import Metric

_TRACEPOINT: Final = re.compile(r"[^:]+:[^:]+")


@dataclass(frozen=True, slots=True)
class PerfOptions:
    """Which counters on which CPUs."""

    cpus: str = option("", "List of CPUs from which perf metrics should be collected, such as 0-3 (all when empty).")
    tracepoint: tuple[str, ...] = option(
        (), "perf tracepoint that should be collected, as subsystem:event (repeatable)."
    )
    disable_hardware_profilers: bool = option(False, "disable perf hardware profilers")
    hardware_profilers: tuple[str, ...] = option((), "perf hardware profilers that should be collected")
    disable_software_profilers: bool = option(False, "disable perf software profilers")
    software_profilers: tuple[str, ...] = option((), "perf software profilers that should be collected")
    disable_cache_profilers: bool = option(False, "disable perf cache profilers")
    cache_profilers: tuple[str, ...] = option((), "perf cache profilers that should be collected")

    def __post_init__(self) -> None:
        for field, known in (("hardware", HARDWARE), ("software", SOFTWARE), ("cache", CACHE)):
            names = [event.profiler for event in known]
            for name in getattr(self, f"{field}_profilers"):
                if name not in names:
                    raise FieldError(f"{field}_profilers", f"unknown profiler {name!r}, known: {', '.join(names)}")
        for each in self.tracepoint:
            if not _TRACEPOINT.fullmatch(each):
                raise FieldError("tracepoint", f"found {each!r}, expected subsystem:event")
        try:
            parse_cpu_list(self.cpus)
        except ValueError as error:
            raise FieldError("cpus", f"found {self.cpus!r}, expected a list such as 0-3,8") from error


@collectors.register("perf", default=False, options=PerfOptions)
class Perf:
    """Counters of the CPUs; those that this CPU or the kernel's perf_event_paranoid does not grant are left out."""

    def __init__(self, host: Host, options: PerfOptions) -> None:
        self._host, self._options = host, options
        self._counters: list[tuple[str, Event, int]] | None = None
        with contextlib.suppress(OSError, NoData):  # counting begins now; what is wrong is told at the first scrape
            self._counters = list(self._open())

    def __call__(self) -> Iterator[Metric]:
        if self._counters is None:
            self._counters = list(self._open())
        if not self._counters:
            raise NoData("no counter can be opened: see /proc/sys/kernel/perf_event_paranoid")
        table = Table()
        for cpu, event, descriptor in self._counters:
            name, value = f"node_perf_{event.family}_total", read_counter(descriptor).value
            table.counter(name, event.help, value, {"cpu": cpu})
        yield from table

    def __del__(self) -> None:
        for _, _, descriptor in self._counters or []:
            os.close(descriptor)

    def _open(self) -> Iterator[tuple[str, Event, int]]:
        text = self._options.cpus or attribute(self._host.sys("devices/system/cpu/online"))
        for cpu in parse_cpu_list(text):
            for event in self._events():
                with contextlib.suppress(OSError):  # this CPU has no such counter, or it is not granted
                    yield str(cpu), event, open_counter(event.type, event.config, cpu)

    def _events(self) -> Iterator[Event]:
        options = self._options
        for known, off, chosen in (
            (HARDWARE, options.disable_hardware_profilers, options.hardware_profilers),
            (SOFTWARE, options.disable_software_profilers, options.software_profilers),
            (CACHE, options.disable_cache_profilers, options.cache_profilers),
        ):
            yield from (event for event in known if not off and (not chosen or event.profiler in chosen))
        for each in options.tracepoint:
            subsystem, _, event_name = each.partition(":")
            config = integer(self._host.sys(f"kernel/tracing/events/{subsystem}/{event_name}/id"))
            family = re.sub("[^a-zA-Z0-9_]", "_", f"{subsystem}_{event_name}")
            yield Event(each, TRACEPOINT_TYPE, config, family, f"Perf tracepoint {each}")
