"""Processes, threads, descriptors and limits."""

import os
from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import read_lines

FAMILIES: Final[Families] = {
    "container_processes": ("gauge", "Number of processes running inside the container."),
    "container_file_descriptors": ("gauge", "Number of open file descriptors for the container."),
    "container_sockets": ("gauge", "Number of open sockets for the container."),
    "container_threads": ("gauge", "Number of threads running inside the container"),
    "container_threads_max": (
        "gauge", "Maximum number of threads allowed inside the container, infinity if value is zero",
    ),
    "container_ulimits_soft": (
        "gauge", "Soft ulimit values for the container root process. Unlimited if -1, except priority and nice",
    ),
}  # fmt: skip


@groups.register("process", default=False, families=FAMILIES)
def process(container: Container, emit: Emit) -> None:
    """Processes, threads, open files and sockets, soft limits."""
    pids = container.cgroup.pids()
    emit("container_processes", len(pids))
    links = [link for pid in pids for link in _open_files(f"{container.procfs}/{pid}/fd")]
    emit("container_file_descriptors", len(links))
    emit("container_sockets", sum(link.startswith("socket:") for link in links))
    threads = container.cgroup.number("pids", "pids.current")
    if threads is not None:
        emit("container_threads", threads)
        emit("container_threads_max", container.cgroup.number("pids", "pids.max") or 0)
    if pids:
        _limits(f"{container.procfs}/{container.pid or pids[0]}/limits", emit)


def _open_files(folder: str) -> list[str]:
    """What the descriptors of a process point to; none for a process that is gone or not ours to look at."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    links = []
    for name in names:
        try:
            links.append(os.readlink(f"{folder}/{name}"))
        except OSError:
            links.append("")
    return links


def _limits(path: str, emit: Emit) -> None:
    try:
        lines = read_lines(path)
    except OSError:
        return
    for line in lines:
        if line.startswith("Max open files"):
            soft = line.removeprefix("Max open files").split()[0]
            emit("container_ulimits_soft", -1 if soft == "unlimited" else int(soft), {"ulimit": "max_open_files"})
