"""The page as an older node_exporter wrote it, for whoever replaces one and wants every series to go on under its old labels.

node_exporter adds labels to families it has (`device_error`, `adminstate`, `rotational`) and changes defaults; Debian changes some more. A
profile names both: other defaults of options, other collectors, and what was not on the page yet.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pharos.exposition import Metric

_FILESYSTEM: Final = ("avail_bytes", "device_error", "files", "files_free", "free_bytes", "readonly", "size_bytes")


@dataclass(frozen=True, slots=True)
class Profile:
    """What one release did otherwise. A default of an option takes effect where neither file nor flag says something else."""

    name: str
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    collectors: Mapping[str, bool] = field(default_factory=dict)
    without_labels: Mapping[str, str] = field(default_factory=dict)
    without_families: frozenset[str] = frozenset()

    def trim(self, metrics: Iterable[Metric]) -> Iterator[Metric]:
        """The metrics as they were then."""
        for metric in metrics:
            if metric.name in self.without_families:
                continue
            label = self.without_labels.get(metric.name)
            yield metric if label is None else _without(metric, label)


def _without(metric: Metric, label: str) -> Metric:
    trimmed = Metric(metric.name, metric.type, metric.help)
    for suffix, labels, value, stamp in metric.samples:
        kept = {name: text for name, text in labels.items() if name != label}
        trimmed.samples.append((suffix, kept, value, stamp))
    return trimmed


DEBIAN_12: Final = Profile(
    "debian-12",  # node_exporter 1.5.0 as Debian 12 packages it
    options={
        "diskstats": {"device_exclude": r"^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$"},
        "filesystem": {
            "mount_points_exclude": "^/(dev|proc|run|sys|mnt|media|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
        },
        "netdev": {"device_exclude": "^lo$"},
        "textfile": {"directory": ("/var/lib/prometheus/node-exporter",)},
    },
    collectors={
        "bcachefs": False, "dmmultipath": False, "kernel_hung": False, "systemd": True, "watchdog": False,
    },
    without_labels={
        "node_disk_info": "rotational",
        "node_network_info": "adminstate",
        **{f"node_filesystem_{name}": "device_error" for name in _FILESYSTEM},
    },
    without_families=frozenset({
        "node_filesystem_mount_info", "node_filesystem_purgeable_bytes", "node_netstat_TcpExt_TCPOFOQueue",
        "node_netstat_TcpExt_TCPRcvQDrop", "node_pressure_irq_stalled_seconds_total", "node_softnet_backlog_len",
        "node_softnet_cpu_collision_total", "node_softnet_flow_limit_count_total", "node_softnet_received_rps_total", "node_textfile_file_error",
    }),
)  # fmt: skip
PROFILES: Final = {profile.name: profile for profile in (Profile("newest"), DEBIAN_12)}
