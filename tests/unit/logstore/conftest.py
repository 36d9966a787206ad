"""A store in a temporary folder, and documents to search."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from logstore.bulk import parse_bulk
from logstore.staging import Outcome
from logstore.store import Store


class FixedClock:
    """Stands still at 2026-11-20T12:00:00Z unless moved."""

    def __init__(self) -> None:
        self.wall = 1_795_176_000.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.wall

    async def sleep(self, seconds: float) -> None:
        self.wall += seconds


class Bench:
    """A store with short ways to write and search."""

    def __init__(self, store: Store, clock: FixedClock) -> None:
        self.store, self.clock = store, clock

    async def write(self, *lines: dict[str, Any], index: str = "logs-app-default") -> list[Outcome]:
        body = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        return await self.store.write(parse_bulk(body, index), len(body))

    async def create(self, *docs: dict[str, Any], index: str = "logs-app-default", prefix: str = "d") -> list[Outcome]:
        lines: list[dict[str, Any]] = []
        for number, doc in enumerate(docs):
            lines += [{"create": {"_id": f"{prefix}{number}"}}, doc]
        outcomes = await self.write(*lines, index=index)
        await self.store.refresh()
        return outcomes

    async def search(self, index: str = "logs-*", **body: Any) -> dict[str, Any]:
        answer = await self.store.search(index, body, {})
        return orjson.loads(orjson.dumps(answer))  # type: ignore[no-any-return]

    async def ids(self, query: dict[str, Any], index: str = "logs-*") -> set[str]:
        found = await self.search(index, query=query, size=1000)
        return {hit["_id"] for hit in found["hits"]["hits"]}

    async def agg(self, spec: dict[str, Any], **body: Any) -> dict[str, Any]:
        answer = await self.search(size=0, aggs={"a": spec}, **body)
        return answer["aggregations"]["a"]  # type: ignore[no-any-return]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = FixedClock()
    store = Store(tmp_path, clock)
    store.open()
    yield Bench(store, clock)
    store.close()


def logs(count: int = 30) -> list[dict[str, Any]]:
    """One document a minute from 11:00, with levels, pods, statuses and times taken in turn."""
    return [
        {
            "@timestamp": f"2026-11-20T11:{n:02d}:00.{n:03d}Z",
            "message": f"Request {n} timed out for user_{n % 3} 数据库超时" if n % 2 else f"Request {n} done",
            "level": ("info", "warn", "error")[n % 3],
            "kubernetes": {"namespace": "shop", "pod": f"cart-{n % 4}"},
            "fields": {"status": 400 + n % 5, "took": n / 2, "ok": n % 2 == 0, "seen": f"2026-11-{n % 3 + 1:02d}"},
        }
        for n in range(count)
    ]


@pytest.fixture
async def filled(bench: Bench) -> Bench:
    await bench.create(*logs())
    return bench
