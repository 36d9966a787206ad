"""The flags of `pharos collector`: Prometheus's names and defaults, in one table, so that `/api/v1/status/flags` can show them.

Flags that steer Go's runtime or Prometheus's own block format are taken, so that start lines can be kept, and have no effect; the server
says so when it starts.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pharos.durations import Duration
from pharos.flags import Flags, dest, duration, size
from pharos.sizes import Size


@dataclass(frozen=True, slots=True)
class FlagSpec:
    """One flag. `parse` None: a switch. `ignored`: why it has no effect."""

    name: str
    default: Any
    help: str
    parse: Callable[[str], Any] | None = str
    ignored: str = ""


def _switch(name: str, help_text: str, *, default: bool = False, ignored: str = "") -> FlagSpec:
    return FlagSpec(name, default, help_text, None, ignored)


_GO: Final = "there is no Go runtime here"
_BLOCKS: Final = "Pharos's storage has its own block format"
_CONSOLES: Final = "consoles are not offered, see `pharos dashboards`"

SPECS: Final[tuple[FlagSpec, ...]] = (
    FlagSpec("config.file", "prometheus.yml", "Configuration file, in Prometheus's format."),
    FlagSpec(
        "config.auto-reload-interval",
        Duration(30),
        "How often a changed configuration is looked for, with the feature auto-reload-config.",
        duration,
    ),
    FlagSpec("web.config.file", "", "File with TLS and basic authentication."),
    FlagSpec("web.external-url", "", "URL under which the server is reached from outside; used in alerts and links."),
    FlagSpec("web.route-prefix", "", "Prefix of all paths; by default the path of --web.external-url."),
    _switch("web.enable-lifecycle", "Serve POST /-/quit (reloading is always served)."),
    _switch("web.enable-admin-api", "Serve /api/v1/admin: deleting series, snapshots."),
    _switch("web.enable-rules-api", "Serve /api/v1/rules/files: reading and writing rule files by HTTP."),
    _switch("web.enable-remote-write-receiver", "Serve /api/v1/write."),
    _switch("web.enable-otlp-receiver", "Serve /api/v1/otlp."),
    FlagSpec("web.page-title", "Pharos", "Title of the start page."),
    FlagSpec("web.cors.origin", ".*", "Regular expression for origins of browsers that may ask, anchored."),
    FlagSpec("web.max-connections", 512, "Maximum number of connections.", int, "the operating system's limit holds"),
    FlagSpec("web.read-timeout", Duration(300), "How long a request may take in all.", duration),
    FlagSpec(
        "web.max-notifications-subscribers", 16, "Subscribers of live notifications.", int, "notifications are polled"
    ),
    FlagSpec("web.user-assets", "", "Path of static assets.", str, _CONSOLES),
    FlagSpec("web.local-assets", "", "Path of static assets.", str, _CONSOLES),
    FlagSpec("web.console.templates", "", "Path of console templates.", str, _CONSOLES),
    FlagSpec("web.console.libraries", "", "Path of console libraries.", str, _CONSOLES),
    FlagSpec("storage.tsdb.path", "data/", "Folder of the stored metrics."),
    FlagSpec(
        "storage.tsdb.retention.time",
        Duration(0),
        "How long samples are kept (default 15d, when no size is given either).",
        duration,
    ),
    FlagSpec("storage.tsdb.retention.size", Size(0), "How many bytes may be stored; the oldest go first.", size),
    _switch("storage.tsdb.downsampling", "Keep coarser copies (5m, 1h) of old samples for long ranges.", default=True),
    _switch("storage.tsdb.wal-compression", "Compress the write-ahead log.", default=True),
    FlagSpec("storage.tsdb.wal-compression-type", "zstd", "How: zstd, lz4 or snappy (which stands for lz4)."),
    FlagSpec("storage.tsdb.wal-segment-size", Size(0), "Size of a segment of the write-ahead log.", size),
    FlagSpec("storage.tsdb.min-block-duration", Duration(7200), "Span of a first block.", duration, _BLOCKS),
    FlagSpec("storage.tsdb.max-block-duration", Duration(0), "Longest span of a merged block.", duration, _BLOCKS),
    FlagSpec("storage.tsdb.max-block-chunk-segment-size", Size(0), "Size of a chunk file.", size, _BLOCKS),
    FlagSpec("storage.tsdb.samples-per-chunk", 120, "Samples in a chunk.", int, _BLOCKS),
    FlagSpec("storage.tsdb.head-chunks-write-queue-size", 0, "Queue of chunks to write.", int, _BLOCKS),
    FlagSpec("storage.tsdb.delayed-compaction.max-percent", 10, "Delay of compactions.", int, _BLOCKS),
    _switch("storage.tsdb.allow-overlapping-blocks", "Allow overlapping blocks.", default=True, ignored=_BLOCKS),
    _switch("storage.tsdb.allow-overlapping-compaction", "Compact overlapping blocks.", default=True, ignored=_BLOCKS),
    _switch("storage.tsdb.no-lockfile", "Create no lock file.", ignored="the lock leaves no trace behind"),
    FlagSpec("storage.agent.path", "data-agent/", "Folder of the agent's write-ahead log."),
    _switch("storage.agent.wal-compression", "Compress the agent's log.", default=True),
    FlagSpec("storage.agent.wal-compression-type", "zstd", "How the agent's log is compressed."),
    FlagSpec("storage.agent.wal-segment-size", Size(0), "Size of a segment of the agent's log.", size),
    FlagSpec(
        "storage.agent.wal-truncate-frequency", Duration(0), "How often the agent's log is cut.", duration, _BLOCKS
    ),
    FlagSpec(
        "storage.agent.retention.min-time",
        Duration(0),
        "How long samples stay in the agent's log at least.",
        duration,
        _BLOCKS,
    ),
    FlagSpec("storage.agent.retention.max-time", Duration(0), "How long at most.", duration, _BLOCKS),
    _switch("storage.agent.no-lockfile", "Create no lock file.", ignored="the lock leaves no trace behind"),
    FlagSpec("storage.remote.flush-deadline", Duration(60), "How long remote write may flush at the end.", duration),
    FlagSpec("storage.remote.read-sample-limit", 50_000_000, "Samples a remote read may return.", int),
    FlagSpec("storage.remote.read-concurrent-limit", 10, "Remote reads at once.", int),
    FlagSpec("storage.remote.read-max-bytes-in-frame", 1_048_576, "Bytes in a frame of a streamed remote read.", int),
    FlagSpec(
        "rules.alert.for-outage-tolerance",
        Duration(3600),
        "How long an outage may be for the for state to be restored.",
        duration,
    ),
    FlagSpec(
        "rules.alert.for-grace-period",
        Duration(600),
        "How long a restored alert waits at least before it fires.",
        duration,
    ),
    FlagSpec("rules.alert.resend-delay", Duration(60), "How long before an alert is sent again.", duration),
    FlagSpec("rules.max-concurrent-evals", 4, "Groups evaluated at once.", int),
    FlagSpec("alertmanager.notification-queue-capacity", 10_000, "Alerts that wait for each Alertmanager.", int),
    FlagSpec("alertmanager.notification-batch-size", 64, "Alerts in one request.", int),
    _switch(
        "alertmanager.drain-notification-queue-on-shutdown", "Send what waits before the server ends.", default=True
    ),
    FlagSpec("query.lookback-delta", Duration(300), "How old a sample may be to count for an instant.", duration),
    FlagSpec("query.timeout", Duration(120), "How long a query may take.", duration),
    FlagSpec("query.max-concurrency", 20, "Queries at once.", int),
    FlagSpec("query.max-samples", 50_000_000, "Samples a query may hold in memory.", int),
    FlagSpec("query.slow-after", Duration(10), "Queries that took longer are logged; 0s logs none.", duration),
    FlagSpec(
        "scrape.discovery-reload-interval",
        Duration(5),
        "How often targets are synchronised.",
        duration,
        "changes are taken at once",
    ),
    _switch(
        "scrape.adjust-timestamps",
        "Store a scrape at its tick when it began within --scrape.timestamp-tolerance.",
        default=True,
    ),
    FlagSpec(
        "scrape.timestamp-tolerance",
        Duration(0.002),
        "How late a scrape may begin and be stored at its tick, at most 1 % of the interval.",
        duration,
    ),
    FlagSpec("enable-feature", "", "Features to enable, separated by commas, as in Prometheus."),
    _switch("agent", "Only scrape and forward: no queries, rules or alerts."),
    _switch("auto-gomaxprocs", "Set GOMAXPROCS.", default=True, ignored=_GO),
    _switch("auto-gomemlimit", "Set GOMEMLIMIT.", default=True, ignored=_GO),
    FlagSpec("auto-gomemlimit.ratio", 0.9, "Share of memory.", float, _GO),
)
_FROM_KIT: Final = frozenset({"web.config.file"})


def add_flags(flags: Flags) -> None:
    """Add all flags of the collector to a parser."""
    for spec in SPECS:
        if spec.name in _FROM_KIT:
            continue
        text = f"{spec.help} Without effect: {spec.ignored}." if spec.ignored else spec.help
        if spec.parse is None:
            flags.switch(spec.name, text, default=spec.default)
        elif spec.name == "enable-feature":
            flags.add(spec.name, text, action="append", default=[], metavar="NAME")
        else:
            flags.add(spec.name, text, type=spec.parse, default=spec.default, metavar="VALUE")
    flags.add(
        "storage.tsdb.retention",
        "The old name of --storage.tsdb.retention.time.",
        type=duration,
        default=None,
        metavar="VALUE",
    )


def features_of(options: argparse.Namespace) -> frozenset[str]:
    """The names given with `--enable-feature`."""
    return frozenset(name.strip() for text in options.enable_feature for name in text.split(",") if name.strip())


def ignored_flags(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Flags that were given and have no effect, and why."""
    return [
        (spec.name, spec.ignored)
        for spec in SPECS
        if spec.ignored and getattr(options, dest(spec.name)) != spec.default
    ]


def shown_flags(options: argparse.Namespace) -> dict[str, str]:
    """All flags as the API shows them."""
    out = {
        "web.listen-address": options.web_listen_address,
        "log.level": options.log_level,
        "log.format": options.log_format,
    }
    for spec in SPECS:
        out[spec.name] = _shown(getattr(options, dest(spec.name)))
    return dict(sorted(out.items()))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)
