"""Randomly mutated pages scraped by a real Prometheus and by us: same `up`, same samples, same last error.

`PHAROS_FUZZ_PAGES` pages (200 when not set) from the seed `PHAROS_FUZZ_SEED` (1).
"""

import asyncio
import json
import math
import os
import random
import time
from collections import defaultdict
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from collector.config import parse_config
from collector.scrape import ScrapeManager
from pharos.clock import SystemClock
from tests.support.fake_storage import FakeStorage
from tests.support.peers import need_peer
from tests.support.processes import free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]

TEXT = "text/plain; version=0.0.4"
OPEN = "application/openmetrics-text; version=1.0.0"
PLAIN_PAGES = [
    b'# HELP http_requests_total All.\n# TYPE http_requests_total counter\nhttp_requests_total{code="200",method="get"} 1027\n'
    b'http_requests_total{code="400"} 3 \n',
    b'# A comment\nescaped{path="C:\\\\DIR\\n\\"x\\""} 1.458255915e9\nplain 12.47\n\nodd{a="b"} +Inf\nodd{a="c"} NaN\n',
    b'# TYPE h histogram\nh_bucket{le="0.05"} 24054\nh_bucket{le="+Inf"} 144320\nh_sum 53423\nh_count 144320\n',
    b'# TYPE s summary\ns{quantile="0.01"} 3102\ns{quantile="0.99"} 76656\ns_sum 1.7560473e+07\ns_count 2693\n',
    b'{"utf.8 name",label="x"} 1\n{"a.b","c.d"="e"} 31\nmixed{"x.y"="z",plain="w"} -3.5e-7\n',
]
OPEN_PAGES = [
    b'# TYPE jobs counter\n# HELP jobs Done.\njobs_total{queue="a"} 17 # {trace="x"} 0.5\njobs_created{queue="a"} 1.5\n# EOF\n',
    b'# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\nwait_seconds_bucket{le="1"} 1\nwait_seconds_bucket{le="+Inf"} 2\n'
    b"wait_seconds_count 2\nwait_seconds_sum 3.25\n# EOF\n",
    b'# TYPE state stateset\nstate{state="a"} 1\nstate{state="b"} 0\n# TYPE build info\nbuild_info{version="1"} 1\n# EOF\n',
    b'# TYPE g gauge\ng{a="b",c="d\\n"} -1.5e3\n{"utf.8",x="y"} 4\n# EOF\n',
]
PIECES = [bytes([code]) for code in b' \t\n\r{}=",#\\_:-+.0159aeExnN\0\x7f\xc3\xff'] + [
    b"# TYPE ", b"# HELP a ", b"# EOF\n", b"NaN", b"+Inf", b"1e400", b"0x", b"1_0", b'{a="b"}', b'="', b'",', b' # {a="b"} 1', b"\xe4\xb8\xad", b"  ",
    b"le", b"_total", b"_created", b"__name__", b"\n\n", b"{}",
]  # fmt: skip


def mutated(chance: random.Random, pages: list[bytes]) -> bytes:
    page = bytearray(chance.choice(pages))
    for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 4))):
        at, until = sorted((chance.randrange(len(page) + 1), chance.randrange(len(page) + 1)))
        until = min(until, at + chance.choice((1, 1, 2, 8, 60)))
        match chance.randrange(7):
            case 0 | 1:
                page[at:at] = chance.choice(PIECES)
            case 2:
                page[at:until] = chance.choice(PIECES)
            case 3:
                del page[at:until]
            case 4:
                page[at:at] = page[at:until]
            case 5:
                lines = page.splitlines(keepends=True)
                chance.shuffle(lines)
                page = bytearray(b"".join(lines))
            case 6:
                other = chance.choice(pages)
                page[at:at] = other[chance.randrange(len(other)) :][: chance.choice((3, 20, 200))]
    return bytes(page)


def make_pages() -> list[tuple[bytes, str]]:
    chance = random.Random(int(os.environ.get("PHAROS_FUZZ_SEED", "1")))
    count = int(os.environ.get("PHAROS_FUZZ_PAGES", "200"))
    kinds = [chance.choice(((PLAIN_PAGES, TEXT), (OPEN_PAGES, OPEN))) for _ in range(count)]
    return [(mutated(chance, pages), kind) for pages, kind in kinds]


async def serve(pages: list[tuple[bytes, str]]) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            body, kind = pages[int(head.split(b" ", 2)[1].strip(b"/"))]
            about = (
                f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(about.encode() + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # a scraper that stops may leave before it has asked
        finally:
            writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


Found = dict[int, dict[str, str]]


def note(found: Found, labels: dict[str, str], value: float) -> None:
    name = labels.get("__name__", "")
    if name not in ("scrape_duration_seconds", "scrape_series_added"):
        shown = "NaN" if math.isnan(value) else repr(value)
        found[int(labels["n"])][json.dumps({**labels, "__name__": name}, sort_keys=True)] = shown


def from_prometheus(url: str) -> Found:
    found: Found = defaultdict(dict)
    answer = httpx.get(f"{url}/api/v1/query", params={"query": '{job="f"}'}, timeout=60).json()
    for series in answer["data"]["result"]:
        note(found, series["metric"], float(series["value"][1]))
    targets = httpx.get(f"{url}/api/v1/targets", timeout=60).json()["data"]["activeTargets"]
    for target in targets:
        found[int(target["labels"]["n"])]["error"] = target["lastError"]
    return found


def scraped(found: Found) -> int:
    return sum(len(samples) > 1 for samples in found.values())


async def from_pharos(config: str, wait_s: float) -> Found:
    storage = FakeStorage()
    manager = ScrapeManager(storage, SystemClock(), CollectorRegistry())
    await manager.apply(parse_config(config))
    watching = asyncio.create_task(manager.run())
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        if all(target.last_scrape for targets in manager.active_targets().values() for target in targets):
            break
    found: Found = defaultdict(dict)
    for targets in manager.active_targets().values():
        for target in targets:
            found[int(dict(target.spec.labels)["n"])]["error"] = target.last_error
    await manager.stop()
    await watching
    oldest = (time.time() - 290) * 1000  # an instant query sees nothing older
    for labels, samples in storage.samples.items():
        when, value = samples[0]
        if oldest < when < time.time() * 1000:
            note(found, dict(labels), value)
    return found


async def test_same_verdicts_and_samples(tmp_path: Path) -> None:
    pages = make_pages()
    server = await serve(pages)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    (tmp_path / "targets.json").write_text(
        json.dumps([
            {"targets": [address], "labels": {"__metrics_path__": f"/{number}", "n": str(number)}}
            for number in range(len(pages))
        ])
    )  # fmt: skip
    interval_s = max(4, len(pages) // 100)
    config = (
        f"global: {{scrape_interval: {interval_s}s, scrape_timeout: {min(interval_s, 10)}s}}\n"
        f"scrape_configs: [{{job_name: f, file_sd_configs: [{{files: ['{tmp_path}/targets.json']}}]}}]\n"
    )
    (tmp_path / "p.yml").write_text(config)
    port = free_port()
    argv = [
        need_peer("prometheus"),
        f"--config.file={tmp_path / 'p.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(argv, tmp_path / "log"):
        url = f"http://127.0.0.1:{port}"
        await asyncio.to_thread(wait_ready, url)
        ours = await from_pharos(config, interval_s + 15)
        await asyncio.to_thread(
            wait_for, "all pages", lambda: scraped(from_prometheus(url)) == len(pages), interval_s + 15, 1.0
        )
        theirs = from_prometheus(url)
    server.close()
    await asyncio.sleep(0.1)  # closed connections are let go by the loop a moment later
    differing = [number for number in range(len(pages)) if ours[number] != theirs[number]]
    accepted = sum(samples.get(key) == "1.0" for samples in theirs.values() for key in samples if '"up"' in key)
    print(f"{len(pages)} pages, {accepted} accepted, {len(differing)} different")
    assert not differing, "\n".join(
        f"{pages[number]!r}\n  only theirs {set(theirs[number].items()) - set(ours[number].items())}\n"
        f"  only ours {set(ours[number].items()) - set(theirs[number].items())}"
        for number in differing[:20]
    )
