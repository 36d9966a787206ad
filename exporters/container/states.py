"""What runtimes say about the state of containers, the stopped ones included: health, restarts, exit code, OOM kill."""

from collections.abc import Iterable, Iterator, Mapping

from exporters.container.facts import Facts
from pharos.exposition import Metric, counter, gauge

_HEALTH = {"": -1, "starting": 0, "unhealthy": 0, "healthy": 1}


def state_metrics(facts: Iterable[Facts], labels: Mapping[str, Mapping[str, str]]) -> Iterator[Metric]:
    """The families; `labels` are those of the containers whose cgroup was seen, by container id."""
    health = gauge("container_health_state", "The result of the container's health check")
    running = gauge("container_running", "Whether the container runs.")
    restarts = counter("container_restarts_total", "How often the runtime has restarted the container.")
    exit_code = gauge("container_last_exit_code", "Exit code of a container that has ended.")
    finished = gauge("container_finished_time_seconds", "When the container ended, since unix epoch in seconds.")
    killed = gauge("container_oom_killed", "Whether the container ended because it was out of memory.")
    for known in facts:
        shown = labels.get(known.id) or {"id": known.id, **known.metric_labels()}
        health.add(_HEALTH[known.health], shown)
        running.add(int(known.running), shown)
        if known.restarts is not None:
            restarts.add(known.restarts, shown)
        if known.exit_code is not None:
            exit_code.add(known.exit_code, shown)
        if known.finished is not None and not known.running:
            finished.add(known.finished, shown)
        if known.oom_killed is not None:
            killed.add(int(known.oom_killed), shown)
    yield from (health, running, restarts, exit_code, finished, killed)
