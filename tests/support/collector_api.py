"""The collector's HTTP API over series in memory: no process, no network, time stands at `NOW_S`."""

from collections.abc import Iterable, Sequence
from typing import Any

import httpx
from starlette.applications import Starlette

from collector.api.context import ApiContext, ServerSettings, ServerState
from collector.api.execution import QueryRunner
from collector.api.routes import api_routes
from collector.config import PrometheusConfig, parse_config, parse_rules
from collector.promql.series_notation import parse_series_description
from collector.queries import Queries
from collector.rules.group import Group
from collector.rules.loader import GroupLoader
from collector.storage.exemplars import Exemplar
from collector.storage.memory import MemoryStorage
from collector.storage.options import BlockInfo, Named, ReplayStatus, TsdbStats
from pharos.labels import Labels
from pharos.matchers import Matcher

NOW_S = 1_000_000.0


class FixedClock:
    """Time that only moves when a test says so."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def now(self) -> float:
        return self.now_s

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds)


class FakeStore(MemoryStorage):
    """Memory with the administration of a real storage; remembers what it was asked to do."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, ...]] = []

    def few_series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> bool:
        return True

    def few_labels(self, name: str, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> bool:
        return True

    def exemplars(
        self, matcher_sets: Sequence[Sequence[Matcher]], min_ms: int, max_ms: int
    ) -> list[tuple[Labels, list[Exemplar]]]:
        return [({"__name__": "hits"}, [Exemplar((("trace_id", "abc"),), 1.5, 999_000)])]

    def stats(self, limit: int = 10) -> TsdbStats:
        return TsdbStats(num_series=2, num_label_pairs=3, series_by_metric=[Named("hits", 2)][:limit])

    def replay_status(self) -> ReplayStatus:
        return ReplayStatus(1, 3, 2)

    def blocks(self) -> list[BlockInfo]:
        return [BlockInfo("01ABC", 0, 7_200_000, 10, 2, 2, 500, 1, ("01ABC",))]

    def delete_series(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> None:
        self.calls.append(("delete", [str(matcher) for matcher in matchers]))

    def clean_tombstones(self) -> None:
        self.calls.append(("clean",))

    def snapshot(self, *, skip_head: bool = False) -> str:
        self.calls.append(("snapshot", skip_head))
        return "20260101T000000Z-1"


class FakeTargets:
    """One job with one target that is up and one that relabelling dropped."""

    def pools(self) -> list[str]:
        return ["job"]

    def active(self, pool: str = "") -> list[dict[str, Any]]:
        return [{"scrapePool": "job", "health": "up"}] if pool in ("", "job") else []

    def dropped(self, pool: str = "") -> list[dict[str, Any]]:
        return [{"scrapePool": "job", "discoveredLabels": {"__address__": "x"}}] if pool in ("", "job") else []

    def dropped_counts(self) -> dict[str, int]:
        return {"job": 1}

    def relabel_steps(self, pool: str, labels: Labels) -> dict[str, Any]:
        return {"steps": []}

    def metadata(self) -> list[tuple[Labels, str, str, str, str]]:
        return [
            ({"job": "a"}, "hits", "counter", "Hits.", ""),
            ({"job": "b"}, "hits", "counter", "Hits.", ""),
            ({"job": "b"}, "temp", "gauge", "Temperature.", "celsius"),
        ]


class FakeRules:
    """Rule groups that a test fills."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self._groups = list(groups)

    def groups(self) -> list[Group]:
        return self._groups

    def alertmanagers(self) -> tuple[list[str], list[str]]:
        return ["http://am:9093/api/v2/alerts"], []


def storage_with(*series: str, step_s: float = 30.0, start_s: float = NOW_S - 300) -> FakeStore:
    """Series in the notation of rule tests, `up{job="a"} 1 1 0`, 30 s apart, beginning five minutes before now."""
    store = FakeStore()
    for text in series:
        labels, values = parse_series_description(text)
        store.put(labels, [(round((start_s + index * step_s) * 1000), value) for index, value in enumerate(values)])
    return store


def groups_of(text: str, queries: Queries) -> list[Group]:
    """Groups of a rule file's text."""
    return GroupLoader(queries.parse).groups(parse_rules(text), "rules.yml")


def api_context(store: FakeStore, config: str = "", rules: Iterable[Group] = (), **settings: Any) -> ApiContext:
    """A context that is ready."""
    parsed = parse_config(config) if config else PrometheusConfig()
    state = ServerState(parsed, NOW_S - 60, config_loaded_s=NOW_S - 60, ready=True)
    queries = Queries.over(store, frozenset())
    return ApiContext(
        clock=FixedClock(),
        settings=ServerSettings(**settings),
        state=state,
        runner=QueryRunner(workers=2),
        storage=store,
        engine=queries,
        targets=FakeTargets(),
        rules=FakeRules(rules),
    )


def api_client(context: ApiContext) -> httpx.AsyncClient:
    """A client of the API, in-process."""
    transport = httpx.ASGITransport(Starlette(routes=api_routes(context)))
    return httpx.AsyncClient(transport=transport, base_url="http://collector")
