"""What the API needs of the rest of the collector, as protocols: it is built by `collector.app` and tested with small fakes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from collector.api.execution import QueryRunner
from collector.api.query_log import QueryLog
from collector.config import PrometheusConfig
from collector.promql.parser.ast import Expr
from collector.promql.result import QueryResult
from collector.promql.run import CancelToken
from collector.rules.files import RuleFolder
from collector.rules.group import Group
from collector.storage.exemplars import Exemplar
from collector.storage.interface import Queryable
from collector.storage.options import BlockInfo, ReplayStatus, TsdbStats
from pharos.clock import Clock
from pharos.labels import Labels
from pharos.matchers import Matcher


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """What one query may use. `lookback_ms` 0: the server's own. `light`: it runs on the event loop, where nothing may wait."""

    timeout_s: float = 120.0
    lookback_ms: int = 0
    cancel: CancelToken | None = None
    light: bool = False


class QueryEngine(Protocol):
    """PromQL over the storage. Queries that are not light run in worker threads."""

    def parse(self, text: str) -> Expr:
        """Raises `ParseError`."""
        ...

    def is_light(self, text: str, start_ms: int, end_ms: int, step_ms: int, lookback_ms: int) -> bool:
        """Whether a query (step 0: an instant one) takes so little that it may run on the event loop."""
        ...

    def instant(self, text: str, time_ms: int, options: QueryOptions) -> QueryResult:
        """Raises `QueryError`."""
        ...

    def range(
        self,
        text: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        options: QueryOptions,
        storage: Queryable | None = None,
    ) -> QueryResult:
        """Over another storage when one is given. Raises `QueryError`."""
        ...


class Store(Queryable, Protocol):
    """The storage beyond reading samples: what `collector.storage` offers to the API."""

    def few_series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> bool:
        """Whether `series` has so little to look at that it may be asked on the event loop."""
        ...

    def few_labels(self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> bool:
        """As `few_series`, of `label_values`, or without a name of `label_names`."""
        ...

    def exemplars(
        self, matcher_sets: Sequence[Sequence[Matcher]], min_ms: int, max_ms: int
    ) -> list[tuple[Labels, list[Exemplar]]]: ...
    def stats(self, limit: int = 10) -> TsdbStats: ...
    def replay_status(self) -> ReplayStatus: ...
    def blocks(self) -> list[BlockInfo]: ...
    def delete_series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> None:
        """On the event loop, as all writing."""
        ...

    def clean_tombstones(self) -> None: ...
    def snapshot(self, *, skip_head: bool = False) -> str:
        """Returns the folder's name under `<data>/snapshots`."""
        ...


class TargetsView(Protocol):
    """What is scraped, as the API shows it: JSON-able values in Prometheus's shape."""

    def pools(self) -> list[str]: ...
    def active(self, pool: str = "") -> list[dict[str, Any]]: ...
    def dropped(self, pool: str = "") -> list[dict[str, Any]]: ...
    def dropped_counts(self) -> dict[str, int]: ...
    def relabel_steps(self, pool: str, labels: Labels) -> dict[str, Any]: ...
    def metadata(self) -> list[tuple[Labels, str, str, str, str]]:
        """`(target labels, metric, type, help, unit)` of all targets."""
        ...


class RulesView(Protocol):
    """Rule groups and where their alerts go."""

    def groups(self) -> list[Group]: ...
    def alertmanagers(self) -> tuple[list[str], list[str]]:
        """URLs of active and dropped Alertmanagers."""
        ...


@dataclass(slots=True)
class Notification:
    """Something about the server that its users should know, such as a failed reload."""

    text: str
    since_s: float


@dataclass(slots=True)
class ServerState:
    """What changes while the server runs."""

    config: PrometheusConfig
    started_s: float
    config_ok: bool = True
    config_loaded_s: float = 0.0
    ready: bool = False
    notifications: list[Notification] = field(default_factory=list)

    def notify(self, text: str, now_s: float) -> None:
        """Tell users something, once."""
        if not any(note.text == text for note in self.notifications):
            self.notifications.append(Notification(text, now_s))

    def forget(self, text: str) -> None:
        """It is no longer so."""
        self.notifications = [note for note in self.notifications if note.text != text]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What the command line says."""

    flags: dict[str, str] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    query_timeout_s: float = 120.0
    lookback_ms: int = 300_000
    cors_origin: str = ".*"
    external_url: str = ""
    page_title: str = "Pharos"
    admin: bool = False
    agent: bool = False
    retention: str = "15d"


@dataclass(slots=True)
class ApiContext:
    """Everything a handler may use."""

    clock: Clock
    settings: ServerSettings
    state: ServerState
    runner: QueryRunner
    storage: Store
    engine: QueryEngine
    targets: TargetsView
    rules: RulesView
    rule_folder: RuleFolder | None = None
    reload: Callable[[], Awaitable[None]] | None = None
    query_log: QueryLog = field(default_factory=QueryLog)

    def now_ms(self) -> int:
        return int(self.clock.now() * 1000)
