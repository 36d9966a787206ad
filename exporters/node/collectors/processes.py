"""Processes and threads by state."""

import os
from collections import Counter
from collections.abc import Iterator

from exporters.files import integer, read_text
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge


@collectors.register("processes", default=False)
def processes(host: Host) -> Iterator[Metric]:
    """Aggregate process statistics of /proc."""
    states: Counter[str] = Counter()
    thread_states: Counter[str] = Counter()
    threads = 0
    for pid in os.listdir(host.proc("").rstrip("/")):
        stat = _stat(host.proc(f"{pid}/stat")) if pid.isdigit() else None
        if stat is None:
            continue
        state, count = stat
        states[state] += 1
        threads += count
        thread_states.update(_thread_states(host, pid, state))
    yield gauge("node_processes_threads", "Allocated threads in system", threads)
    limit = integer(host.proc("sys/kernel/threads-max"))
    yield gauge("node_processes_max_threads", "Limit of threads in the system", limit)
    by_state = gauge("node_processes_state", "Number of processes in each state.")
    for state, count in states.items():
        by_state.add(count, {"state": state})
    yield by_state
    threads_by_state = gauge("node_processes_threads_state", "Number of threads in each state.")
    for state, count in thread_states.items():
        threads_by_state.add(count, {"thread_state": state})
    yield threads_by_state
    yield gauge("node_processes_pids", "Number of PIDs", states.total())
    most = integer(host.proc("sys/kernel/pid_max"))
    yield gauge("node_processes_max_processes", "Number of max PIDs limit", most)


def _stat(path: str) -> tuple[str, int] | None:
    """State and number of threads; None when the process has just ended."""
    try:
        fields = read_text(path).rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[17])


def _thread_states(host: Host, pid: str, own_state: str) -> Iterator[str]:
    try:
        threads = os.listdir(host.proc(f"{pid}/task"))
    except (FileNotFoundError, ProcessLookupError):
        return
    for thread in threads:
        if thread == pid:
            yield own_state
        else:
            stat = _stat(host.proc(f"{pid}/task/{thread}/stat"))
            if stat is not None:
                yield stat[0]
