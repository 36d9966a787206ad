"""How fast the log parts are: the shipper's hot path, and the store over HTTP with the official client.

Prints one JSON line each: CPU microseconds a line or document (all threads), wall rate, bytes a document on disk, memory. Anchors on two cores: Fluent Bit 5.1 takes 18.4 us a
line for the same work (JSON, Kubernetes names, gzip); Elasticsearch keeps a document in about its raw size.
"""

import asyncio
import json
import random
import resource
import tempfile
import time
from pathlib import Path

import orjson

LINES = 200_000
DOCUMENTS = 200_000
WORDS = [
    "connection",
    "timeout",
    "retry",
    "upstream",
    "request",
    "completed",
    "failed",
    "cache",
    "miss",
    "user",
    "order",
    "payment",
    "accepted",
    "queue",
    "worker",
]


def cri_lines(count: int, rng: random.Random) -> list[bytes]:
    """A mix: 38 % JSON, the rest plain text with and without a level."""
    out = []
    for n in range(count):
        words = " ".join(rng.choices(WORDS, k=9))
        if n % 100 < 38:
            body = {"level": "info", "msg": words, "http": {"status": 200}, "trace_id": f"{rng.getrandbits(128):032x}"}
            content = orjson.dumps(body).decode()
        else:
            content = (
                f"INFO [cart-{n % 16}] {words} n={n}" if n % 2 else f'10.0.0.1 - - "GET /api HTTP/1.1" 200 {n} {words}'
            )
        out.append(f"2026-11-20T11:00:00.{n % 1_000_000_000:09d}Z stdout F {content}".encode())
    return out


def shipper(count: int) -> dict[str, object]:
    """Assembling documents from CRI lines, and packing the bodies."""
    from isal import igzip

    from logship.assemble import Assembler
    from logship.document import action_for
    from logship.record import Batch

    class File:
        key = b"abcdefghijk"
        resume = None

    metadata = {
        "service": "cart",
        "host": "node",
        "kubernetes": {"namespace": "shop", "pod": "cart-1", "container": "cart"},
    }
    assembler = Assembler(
        shape="cri",
        parser="auto",
        multiline="auto",
        metadata=metadata,
        action=action_for("logs-{namespace}-default"),
    )
    lines = cri_lines(count, random.Random(1))
    cpu, wall, offset, documents = time.process_time(), time.monotonic(), 0, 0
    for at in range(0, count, 2000):
        batch = Batch()
        offset = assembler.feed(File(), lines[at : at + 2000], offset, batch, 0.0)
        documents += len(batch.items)
        igzip.compress(b"".join(batch.items), compresslevel=0)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    return {
        "what": "shipper",
        "lines": count,
        "cpu_us_a_line": round(cpu / count * 1e6, 2),
        "lines_a_second": round(count / wall),
    }


def bodies(count: int, rng: random.Random) -> list[bytes]:
    out = []
    for first in range(0, count, 5000):
        parts = []
        for n in range(first, min(count, first + 5000)):
            doc = {
                "@timestamp": f"2026-11-20T{n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}.{n % 1000:03d}Z",
                "message": " ".join(rng.choices(WORDS, k=9)) + f" id={rng.getrandbits(48):012x}",
                "level": ("info", "info", "info", "warn", "error")[n % 5],
                "service": f"svc{n % 12}",
                "kubernetes": {"namespace": f"ns{n % 20}", "pod": f"cart-{n % 300:03d}", "container": "main"},
                "log": {"file": {"path": f"/var/log/pods/ns{n % 20}_cart-{n % 300:03d}_uid/main/0.log"}},
            }
            parts.append(b'{"create":{"_id":"abcdefghijk%010x"}}\n%b\n' % (n * 350, orjson.dumps(doc)))
        out.append(b"".join(parts))
    return out


async def store(count: int, folder: Path) -> dict[str, object]:
    """Writing with the official client until all can be searched, in one process with it."""
    from elasticsearch import Elasticsearch

    from logstore.app import LogStore
    from pharos.http.options import WebOptions

    requests = bodies(count, random.Random(1))
    raw = sum(map(len, requests)) / count
    async with LogStore(folder, WebOptions("127.0.0.1:0", body_limit=64 << 20)) as service:

        def write() -> None:
            with Elasticsearch(service.web.url, request_timeout=120) as client:
                for body in requests:
                    client.bulk(operations=body, index="logs-bench-default", filter_path="errors")  # type: ignore[arg-type]
                client.indices.refresh(index="logs-bench-default")

        cpu, wall = time.process_time(), time.monotonic()
        await asyncio.to_thread(write)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        size = sum(generation.size_bytes() for generation in service.store.catalog.generations.values())
        latencies = {}
        for name, body in {
            "newest 500": {"size": 500, "sort": [{"@timestamp": "desc"}], "track_total_hits": True},
            "term": {"size": 100, "query": {"term": {"level": "error"}}, "sort": [{"@timestamp": "desc"}]},
            "histogram x terms": {"size": 0, "aggs": {"h": {"date_histogram": {"field": "@timestamp", "fixed_interval": "30m"},
                                                            "aggs": {"l": {"terms": {"field": "level"}}}}}},
        }.items():  # fmt: skip
            began = time.monotonic()
            await service.store.search("logs-*", body, {})
            latencies[name] = round((time.monotonic() - began) * 1000, 1)
    return {
        "what": "store", "documents": count, "cpu_us_a_document": round(cpu / count * 1e6, 1),
        "documents_a_second": round(count / wall), "raw_bytes_a_document": round(raw), "disk_bytes_a_document": round(size / count),
        "search_ms": latencies, "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def main() -> None:
    """Both measurements."""
    print(json.dumps(shipper(LINES)))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(store(DOCUMENTS, Path(folder)))))


if __name__ == "__main__":
    main()
