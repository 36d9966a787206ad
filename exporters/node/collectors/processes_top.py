"""Which programs use the machine: the top few by CPU, memory and I/O, grouped, with a bounded number of series.

Counters of a group are the sum over its processes of what they used since the exporter started to look, those that have ended included,
so they never fall. A group that was among the top stays on the page for a while, so that its series have no holes.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from exporters.container.cgroups.names import parse_name
from exporters.files import read_bytes, read_text
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.config import FieldError
from pharos.durations import Duration
from pharos.exposition import Metric

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_MAX_GROUPS: Final = 4096
_UNIT: Final = re.compile(r"[^/]+\.(?:service|scope)")
_GROUPINGS: Final = ("name", "unit", "container")


@dataclass(frozen=True, slots=True)
class ProcessesTopOptions:
    """How many groups, what a group is, and how long one that fell back stays."""

    count: int = option(10, "How many groups by each of CPU, memory and I/O; three times as many at most are shown.")
    group_by: str = option("name", "What processes are grouped by: name, unit (systemd) or container.")
    keep: Duration = option(Duration(600), "How long a group stays on the page after it was last among the top.")

    def __post_init__(self) -> None:
        if self.group_by not in _GROUPINGS:
            raise FieldError("group_by", f"found {self.group_by!r}, expected one of {', '.join(_GROUPINGS)}")
        if not 1 <= self.count <= 1000:
            raise FieldError("count", f"found {self.count}, expected 1 to 1000")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a process has used since it began: CPU ticks per mode, I/O bytes; and what it holds now: bytes, threads."""

    user_ticks: int
    system_ticks: int
    read_bytes: int
    written_bytes: int
    resident_bytes: int
    threads: int


_NOTHING: Final = Reading(0, 0, 0, 0, 0, 0)


@dataclass(slots=True)
class Group:
    """The sums of a group. The first four only grow; the others are of the last scrape."""

    user_ticks: int = 0
    system_ticks: int = 0
    read_bytes: int = 0
    written_bytes: int = 0
    resident_bytes: int = 0
    threads: int = 0
    processes: int = 0
    recent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("cpu", "memory", "io"), 0.0))
    top_until: float = 0.0


class Account:
    """Turns readings of processes into groups; pure, so that tests need no processes."""

    def __init__(self, count: int, keep_s: float) -> None:
        self._count, self._keep_s = count, keep_s
        self._before: dict[tuple[int, int], Reading] | None = None
        self.groups: dict[str, Group] = {}

    def update(self, readings: dict[tuple[int, int], tuple[str, Reading]], now: float) -> None:
        """Take the readings of one moment, by process id and start time. The first look at a process counts from there on."""
        for group in self.groups.values():
            group.resident_bytes = group.threads = group.processes = 0
            group.recent = dict.fromkeys(group.recent, 0.0)
        for identity, (name, reading) in readings.items():
            group = self._group(name, now)
            before = reading if self._before is None else self._before.get(identity, _NOTHING)
            self._add(group, reading, before)
        self._before = {identity: reading for identity, (_, reading) in readings.items()}
        self._choose(now)

    def top(self, now: float) -> Iterator[tuple[str, Group]]:
        """The groups on the page, at most three times the count."""
        shown = [(name, group) for name, group in self.groups.items() if group.top_until > now]
        shown.sort(key=lambda pair: -pair[1].top_until)
        yield from sorted(shown[: 3 * self._count])

    def _group(self, name: str, now: float) -> Group:
        group = self.groups.get(name)
        if group is None:
            if len(self.groups) >= _MAX_GROUPS:
                self.groups = {key: kept for key, kept in self.groups.items() if kept.processes or kept.top_until > now}
            group = self.groups.setdefault(name, Group())
        return group

    def _add(self, group: Group, now: Reading, before: Reading) -> None:
        user, system = max(0, now.user_ticks - before.user_ticks), max(0, now.system_ticks - before.system_ticks)
        read = max(0, now.read_bytes - before.read_bytes)
        written = max(0, now.written_bytes - before.written_bytes)
        group.user_ticks += user
        group.system_ticks += system
        group.read_bytes += read
        group.written_bytes += written
        group.resident_bytes += now.resident_bytes
        group.threads += now.threads
        group.processes += 1
        group.recent["cpu"] += user + system
        group.recent["memory"] += now.resident_bytes
        group.recent["io"] += read + written

    def _choose(self, now: float) -> None:
        for measure in ("cpu", "memory", "io"):
            ranked = sorted(self.groups.items(), key=lambda pair: -pair[1].recent[measure])
            for _, group in ranked[: self._count]:
                if group.recent[measure] > 0:
                    group.top_until = now + self._keep_s


@collectors.register("processes_top", default=False, options=ProcessesTopOptions)
class ProcessesTop:
    """The programs that use most CPU, memory and I/O (not in node_exporter)."""

    def __init__(self, host: Host, options: ProcessesTopOptions) -> None:
        self._host, self._group_by = host, options.group_by
        self._account = Account(options.count, float(options.keep))

    def __call__(self) -> Iterator[Metric]:
        readings: dict[tuple[int, int], tuple[str, Reading]] = {}
        for pid in os.listdir(self._host.roots.procfs):
            if pid.isdigit():
                found = self._read(pid)
                if found is not None:
                    identity, name, reading = found
                    readings[identity] = (name, reading)
        now = self._host.clock.monotonic()
        self._account.update(readings, now)
        yield from self._metrics(now)

    def _read(self, pid: str) -> tuple[tuple[int, int], str, Reading] | None:
        """None when the process has just ended."""
        try:
            left, _, right = read_text(self._host.proc(f"{pid}/stat")).rpartition(") ")
            group = self._name(pid, left.partition("(")[2])
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = right.split()
        reading = Reading(
            int(fields[11]),
            int(fields[12]),
            *self._io(pid),
            resident_bytes=int(fields[21]) * _PAGE,
            threads=int(fields[17]),
        )
        return (int(pid), int(fields[19])), group, reading

    def _io(self, pid: str) -> tuple[int, int]:
        """Bytes read from and written to disk; zero for processes of others when not running as root."""
        try:
            table = dict(line.split(b": ") for line in read_bytes(self._host.proc(f"{pid}/io")).splitlines())
        except OSError:
            return 0, 0
        return int(table[b"read_bytes"]), int(table[b"write_bytes"])

    def _name(self, pid: str, command: str) -> str:
        if self._group_by == "name":
            return command
        path = read_text(self._host.proc(f"{pid}/cgroup")).rpartition(":")[2].strip()
        if self._group_by == "unit":
            units = _UNIT.findall(path)
            return units[-1] if units else command
        container = next((known for known in map(parse_name, _above(path)) if known.kind == "container"), None)
        return container.container_id[:12] if container is not None else "host"

    def _metrics(self, now: float) -> Iterator[Metric]:
        table = Table()
        prefix = "node_processes_top"
        for name, group in self._account.top(now):
            labels = {"group": name}
            text = "CPU time of the processes of a group since the exporter began to look."
            table.counter(f"{prefix}_cpu_seconds_total", text, group.user_ticks / _TICKS, {**labels, "mode": "user"})
            table.counter(
                f"{prefix}_cpu_seconds_total", text, group.system_ticks / _TICKS, {**labels, "mode": "system"}
            )
            text = "Bytes the processes of a group read from disk since the exporter began to look."
            table.counter(f"{prefix}_read_bytes_total", text, group.read_bytes, labels)
            text = "Bytes the processes of a group wrote to disk since the exporter began to look."
            table.counter(f"{prefix}_written_bytes_total", text, group.written_bytes, labels)
            text = "Resident memory of the processes of a group; shared pages count once for each process."
            table.gauge(f"{prefix}_resident_bytes", text, group.resident_bytes, labels)
            table.gauge(f"{prefix}_processes", "Processes of a group.", group.processes, labels)
            table.gauge(f"{prefix}_threads", "Threads of a group.", group.threads, labels)
        yield from table


def _above(path: str) -> Iterator[str]:
    """A path and those above it: processes may sit in sub-groups of their container."""
    while path and path != "/":
        yield path
        path = path.rpartition("/")[0]
