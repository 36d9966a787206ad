"""CPU time per mode, throttling, isolation, and what /proc/cpuinfo says."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from exporters.cpulist import parse_cpu_list
from exporters.files import entries, read_text, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.options import Filter, check_pattern, option
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter, gauge

_MODES: Final = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_GUEST_MODES: Final = ("user", "nice")
_IDLE: Final = 3
# An idle time that falls by more than this is a hot-plugged CPU that starts anew, a smaller fall is the kernel's rounding.
_JUMP_BACK_S: Final = 3.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuOptions:
    """How much to tell."""

    guest: bool = option(True, "Enables metric node_cpu_guest_seconds_total.")
    info: bool = option(False, "Enables metric node_cpu_info.")
    flags_include: str = option("", "Regexp of entries of `flags` in cpuinfo to show.", flag="info.flags-include")
    bugs_include: str = option("", "Regexp of entries of `bugs` in cpuinfo to show.", flag="info.bugs-include")

    def __post_init__(self) -> None:
        check_pattern(self, "flags_include", "bugs_include")


@collectors.register("cpu", options=CpuOptions)
class Cpu:
    """CPU statistics."""

    def __init__(self, host: Host, options: CpuOptions) -> None:
        self._host, self._options = host, options
        self._seen: dict[str, list[int]] = {}
        self._modes: dict[str, list[dict[str, str]]] = {}

    def __call__(self) -> Iterator[Metric]:
        if self._options.info or self._options.flags_include or self._options.bugs_include:
            yield from self._info()
        yield from self._times()
        yield from self._isolated()
        yield from self._throttles()
        yield from self._online()

    def _times(self) -> Iterator[Metric]:
        seconds = counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.")
        guest = counter("node_cpu_guest_seconds_total", "Seconds the CPUs spent in guests (VMs) for each mode.")
        present: dict[str, list[int]] = {}
        for line in read_text(self._host.proc("stat")).splitlines():
            if not line.startswith("cpu"):
                break
            name, *columns = line.split()
            if name == "cpu":
                continue
            ticks = monotonic(self._seen.get(name), [int(column) for column in columns])
            present[name] = ticks
            labels = self._labels(name[3:])
            for label, value in zip(labels, ticks, strict=False):
                seconds.samples.append(("", label, value / _TICKS, None))
            if self._options.guest:
                for label, value in zip(labels, ticks[len(_MODES) :], strict=False):
                    guest.samples.append(("", label, value / _TICKS, None))
        self._seen = present
        yield seconds
        yield guest

    def _labels(self, cpu: str) -> list[dict[str, str]]:
        known = self._modes.get(cpu)
        if known is None:
            known = self._modes[cpu] = [{"cpu": cpu, "mode": mode} for mode in _MODES]
        return known

    def _isolated(self) -> Iterator[Metric]:
        text = try_attribute(self._host.sys("devices/system/cpu/isolated"))
        if text:
            help_text = "Whether each core is isolated, information from /sys/devices/system/cpu/isolated."
            isolated = gauge("node_cpu_isolated", help_text)
            for cpu in parse_cpu_list(text):
                isolated.add(1, {"cpu": str(cpu)})
            yield isolated

    def _throttles(self) -> Iterator[Metric]:
        cores: dict[tuple[str, str], int] = {}
        packages: dict[str, int] = {}
        for folder in self._cpus():
            package, core = (
                try_attribute(f"{folder}/topology/physical_package_id"),
                try_attribute(f"{folder}/topology/core_id"),
            )
            if package is None or core is None:
                continue
            if (package, core) not in cores:
                count = try_integer(f"{folder}/thermal_throttle/core_throttle_count")
                if count is not None:
                    cores[package, core] = count
            if package not in packages:
                count = try_integer(f"{folder}/thermal_throttle/package_throttle_count")
                if count is not None:
                    packages[package] = count
        per_package = counter(
            "node_cpu_package_throttles_total", "Number of times this CPU package has been throttled."
        )
        per_core = counter("node_cpu_core_throttles_total", "Number of times this CPU core has been throttled.")
        for package, count in packages.items():
            per_package.add(count, {"package": package})
        for (package, core), count in cores.items():
            per_core.add(count, {"package": package, "core": core})
        yield per_package
        yield per_core

    def _online(self) -> Iterator[Metric]:
        online = gauge("node_cpu_online", "CPUs that are online and being scheduled.")
        folders = self._cpus()
        if folders and try_attribute(f"{folders[0]}/online") is not None:
            for folder in folders:
                state = try_attribute(f"{folder}/online")
                online.add(int(state == "1"), {"cpu": folder.rpartition("/cpu")[2]})
        yield online

    def _cpus(self) -> list[str]:
        base = self._host.sys("devices/system/cpu")
        return [f"{base}/{name}" for name in entries(base) if name.startswith("cpu") and name[3:].isdigit()]

    def _info(self) -> Iterator[Metric]:
        processors = parse_cpuinfo(read_text(self._host.proc("cpuinfo")))
        info = gauge("node_cpu_info", "CPU information from /proc/cpuinfo.")
        frequency = gauge("node_cpu_frequency_hertz", "CPU frequency in hertz from /proc/cpuinfo.")
        for each in processors:
            where = {"package": each.get("physical id", ""), "core": each.get("core id", ""), "cpu": each["processor"]}
            about = {
                "vendor": each.get("vendor_id", ""),
                "family": each.get("cpu family", ""),
                "model": each.get("model", ""),
                "model_name": each.get("model name", ""),
                "microcode": each.get("microcode", ""),
                "stepping": each.get("stepping", ""),
                "cachesize": each.get("cache size", ""),
            }
            info.add(1, where | about)
            if "cpu MHz" in each:
                frequency.add(float(each["cpu MHz"]) * 1e6, where)
        yield info
        yield frequency
        first = processors[0] if processors else {}
        yield _words("node_cpu_flag_info", "flags", "flag", first, self._options.flags_include)
        yield _words("node_cpu_bug_info", "bugs", "bug", first, self._options.bugs_include)


def _words(name: str, key: str, label: str, processor: dict[str, str], include: str) -> Metric:
    text = f"The `{key}` field of CPU information from /proc/cpuinfo taken from the first core."
    family = gauge(name, text)
    if include:
        chosen = Filter(include)
        for word in processor.get(key, "").split():
            if chosen.allows(word):
                family.add(1, {label: word})
    return family


def monotonic(before: list[int] | None, now: list[int]) -> list[int]:
    """Counters that never fall, except for a CPU that was plugged in anew."""
    if before is None or before[_IDLE] - now[_IDLE] >= _JUMP_BACK_S * _TICKS:
        return now
    return [max(old, new) for old, new in zip(before, now, strict=False)]


def parse_cpuinfo(text: str) -> list[dict[str, str]]:
    """The processors of /proc/cpuinfo as dictionaries of its fields."""
    out: list[dict[str, str]] = []
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        key = key.strip()
        if key == "processor":
            out.append({})
        if colon and out:
            out[-1][key] = value.strip()
    return out
