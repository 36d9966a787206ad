"""The machine under the containers: `machine_*` and `cadvisor_version_info`."""

import glob
import os
import platform
from collections.abc import Iterator

from exporters.cpulist import parse_cpu_list
from exporters.files import entries, read_text, try_attribute, try_integer
from pharos import __version__
from pharos.exposition import Metric, gauge


def machine_metrics(procfs: str, sysfs: str) -> Iterator[Metric]:
    """CPUs, memory, NUMA nodes and identity of this machine."""
    labels = {
        "machine_id": try_attribute("/etc/machine-id") or "",
        "system_uuid": try_attribute(f"{sysfs}/class/dmi/id/product_uuid") or "",
        "boot_id": try_attribute(f"{procfs}/sys/kernel/random/boot_id") or "",
    }
    yield gauge(
        "cadvisor_version_info",
        "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version"
        " & cadvisor revision.",
        1,
        {"kernelVersion": platform.release(), "osVersion": _os_name(), "cadvisorVersion": f"pharos {__version__}"},
    )
    yield from _cpus(sysfs, labels)
    memory = _meminfo(procfs)
    yield gauge("machine_memory_bytes", "Amount of memory installed on the machine.", memory.get("MemTotal", 0), labels)
    yield gauge(
        "machine_swap_bytes", "Amount of swap memory available on the machine.", memory.get("SwapTotal", 0), labels
    )
    yield from _modules(sysfs, labels)
    yield from _nodes(sysfs, labels)
    error = "1 if there was an error while getting machine metrics, 0 otherwise."
    yield gauge("machine_scrape_error", error, int(not memory))


def _cpus(sysfs: str, labels: dict[str, str]) -> Iterator[Metric]:
    base = f"{sysfs}/devices/system/cpu"
    folders = [f"{base}/{name}" for name in entries(base) if name.startswith("cpu") and name[3:].isdigit()]
    cores: set[tuple[str, str]] = set()
    siblings = gauge("machine_thread_siblings_count", "Number of CPU thread siblings.")
    for folder in folders:
        package = try_attribute(f"{folder}/topology/physical_package_id") or "0"
        core = try_attribute(f"{folder}/topology/core_id") or folder
        cores.add((package, core))
        threads = len(parse_cpu_list(try_attribute(f"{folder}/topology/thread_siblings_list") or ""))
        node = next((name[4:] for name in entries(folder) if name.startswith("node") and name[4:].isdigit()), "0")
        where = {"node_id": node, "core_id": core, "thread_id": folder.rpartition("/cpu")[2]}
        siblings.add(max(threads, 1), labels | where)
    yield gauge("machine_cpu_cores", "Number of logical CPU cores.", len(folders) or os.cpu_count() or 0, labels)
    yield gauge("machine_cpu_physical_cores", "Number of physical CPU cores.", len(cores), labels)
    sockets = {package for package, _ in cores}
    yield gauge("machine_cpu_sockets", "Number of CPU sockets.", len(sockets), labels)
    yield siblings


def _nodes(sysfs: str, labels: dict[str, str]) -> Iterator[Metric]:
    base = f"{sysfs}/devices/system/node"
    capacity = gauge("machine_node_memory_capacity_bytes", "Amount of memory assigned to NUMA node.")
    pages = gauge("machine_node_hugepages_count", "Numer of hugepages assigned to NUMA node.")
    distance = gauge("machine_node_distance", "Distance between NUMA node and target NUMA node.")
    for name in entries(base):
        if not (name.startswith("node") and name[4:].isdigit()):
            continue
        where = labels | {"node_id": name[4:]}
        for line in (try_attribute(f"{base}/{name}/meminfo") or "").splitlines():
            if "MemTotal:" in line:
                capacity.add(int(line.split()[3]) * 1024, where)
        for folder in entries(f"{base}/{name}/hugepages"):
            size = folder.removeprefix("hugepages-").removesuffix("kB")
            count = try_integer(f"{base}/{name}/hugepages/{folder}/nr_hugepages")
            pages.add(count or 0, where | {"page_size": size})
        for index, value in enumerate((try_attribute(f"{base}/{name}/distance") or "").split()):
            distance.add(int(value), where | {"target_node_id": str(index)})
    yield from (capacity, pages, distance)


def _modules(sysfs: str, labels: dict[str, str]) -> Iterator[Metric]:
    """Memory modules as the EDAC driver sees them, and persistent memory that applications address directly."""
    count = gauge("machine_dimm_count", "Number of RAM DIMM (all types memory modules) value labeled by dimm type.")
    text = "Total RAM DIMM capacity (all types memory modules) value labeled by dimm type."
    capacity = gauge("machine_dimm_capacity_bytes", text)
    sizes: dict[str, list[int]] = {}
    for folder in glob.iglob(f"{glob.escape(sysfs)}/devices/system/edac/mc/mc[0-9]*/dimm[0-9]*"):
        kind, size_mib = try_attribute(f"{folder}/dimm_mem_type"), try_integer(f"{folder}/size")
        if kind and size_mib is not None:
            sizes.setdefault(kind, []).append(size_mib << 20)
    for kind in sorted(sizes):
        count.add(len(sizes[kind]), labels | {"type": kind})
        capacity.add(sum(sizes[kind]), labels | {"type": kind})
    yield from (count, capacity)
    regions = glob.glob(f"{glob.escape(sysfs)}/bus/nd/devices/region[0-9]*")
    direct = [
        try_integer(f"{region}/size") or 0 for region in regions if try_attribute(f"{region}/devtype") == "nd_pmem"
    ]
    if direct:
        text = "NVM capacity value labeled by NVM mode (memory mode or app direct mode)."
        yield gauge("machine_nvm_capacity", text, sum(direct), labels | {"mode": "app_direct_mode"})


def _meminfo(procfs: str) -> dict[str, int]:
    try:
        lines = read_text(f"{procfs}/meminfo").splitlines()
    except OSError:
        return {}
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""
