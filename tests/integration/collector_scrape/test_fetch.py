"""The lean fetcher against servers that behave, misbehave and dawdle; the manager against targets that come and go."""

import asyncio
import contextlib
import gzip
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from collector.config import parse_config
from collector.scrape import ScrapeManager
from collector.scrape.fetch import BodyLimitError, Fetcher, FetchError
from collector.scrape.fetch.wire import BufferPool
from pharos.clock import SystemClock
from tests.support.fake_storage import FakeStorage, is_stale
from tests.support.processes import PATIENCE_S

pytestmark = pytest.mark.integration

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
Answer = Callable[[bytes, asyncio.Transport], Awaitable[None]]


@contextlib.asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[str]:
    """A server that hands each request to `answer`."""
    transports: list[asyncio.Transport] = []
    answering: list[asyncio.Task[None]] = []

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport, self.pending = transport, b""
            transports.append(transport)

        def data_received(self, data: bytes) -> None:
            self.pending += data
            while b"\r\n\r\n" in self.pending:
                head, end, self.pending = self.pending.partition(b"\r\n\r\n")
                answering.append(asyncio.create_task(answer(head + end, self.transport)))

    listening = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    async with listening:
        host, port = listening.sockets[0].getsockname()
        yield f"http://{host}:{port}"
        for task in answering:
            task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)
        for transport in transports:
            transport.abort()
        await asyncio.sleep(0.01)


def fetcher(url: str, more: str = "", timeout_s: float = 2.0) -> Fetcher:
    job = parse_config(f"scrape_configs: [{{job_name: j, {more}}}]").scrape_configs[0]
    return Fetcher(url, job, timeout_s, BufferPool())


async def fetch(answer: Answer, more: str = "", timeout_s: float = PATIENCE_S, times: int = 1) -> list[bytes]:
    bodies = []
    async with server(answer) as url:
        client = fetcher(f"{url}/metrics", more, timeout_s)
        try:
            for _ in range(times):
                response = await client.fetch()
                bodies.append(bytes(response.body))
                response.release()
        finally:
            await client.close()
    return bodies


def fixed(raw: bytes, *, close: bool = False) -> Answer:
    async def answer(_: bytes, writer: asyncio.Transport) -> None:
        writer.write(raw)
        if close:
            writer.close()

    return answer


def sized(body: bytes, head: bytes = OK) -> bytes:
    return head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


GOOD = {
    "sized": (sized(b"a 1\n"), False, b"a 1\n"),
    "empty": (sized(b""), False, b""),
    "chunked": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\na \r\n2\r\n1\n\r\n0\r\n\r\n", False, b"a 1\n"),
    "until the end": (OK + b"\r\na 1\n", True, b"a 1\n"),
    "gzip": (sized(gzip.compress(b"a 1\n"), OK + b"Content-Encoding: gzip\r\n"), False, b"a 1\n"),
    "two gzip members": (
        sized(gzip.compress(b"a 1\n") + gzip.compress(b"b 1\n"), OK + b"Content-Encoding: gzip\r\n"), False, b"a 1\nb 1\n"
    ),
    "an encoding nobody asked for": (sized(b"a 1\n", OK + b"Content-Encoding: br\r\n"), False, b"a 1\n"),
    "large": (sized(b"x" * 3_000_000), False, b"x" * 3_000_000),
}  # fmt: skip


@pytest.mark.parametrize("case", GOOD)
async def test_bodies(case: str) -> None:
    raw, close, body = GOOD[case]
    assert await fetch(fixed(raw, close=close), times=3) == [body] * 3


BAD = {
    "short body": (OK + b"Content-Length: 10\r\n\r\na 1\n", "unexpected EOF"),
    "no answer": (b"", "unexpected EOF"),
    "no http": (b"hello\r\n\r\n", "malformed"),
    "cut gzip": (sized(gzip.compress(b"a 1\n" * 100)[:-9], OK + b"Content-Encoding: gzip\r\n"), "gzip"),
    "bad gzip": (sized(b"a 1\n", OK + b"Content-Encoding: gzip\r\n"), "gzip"),
    "large error": (sized(b"x" * 300_000_000, b"HTTP/1.1 500 Oops\r\n")[:1000], "HTTP status 500 Oops"),
    "not found": (sized(b"x", b"HTTP/1.1 404 Not Found\r\n"), "HTTP status 404 Not Found"),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", "HTTP status 204"),
    "endless head": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, "head too large"),
}


@pytest.mark.parametrize("case", BAD)
async def test_failures(case: str) -> None:
    raw, message = BAD[case]
    with pytest.raises(FetchError, match=message):
        await fetch(fixed(raw, close=True))


async def test_size_limits_hold_for_all_encodings() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    for raw in (
        sized(b"x" * 2000),
        OK + b"Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000,
        sized(bomb, OK + b"Content-Encoding: gzip\r\n"),
    ):
        with pytest.raises(BodyLimitError):
            await fetch(fixed(raw), "body_size_limit: 1000B")


async def test_a_page_of_the_size_limit_is_too_large_however_it_is_packed() -> None:
    for size, fits in ((99, True), (100, False)):
        body = random.Random(1).randbytes(size)
        packed = gzip.compress(body)
        assert len(packed) > 100
        for raw in (sized(body), sized(packed, OK + b"Content-Encoding: gzip\r\n")):
            if fits:
                assert await fetch(fixed(raw), "body_size_limit: 100B") == [body]
            else:
                with pytest.raises(BodyLimitError):
                    await fetch(fixed(raw), "body_size_limit: 100B")


async def test_an_endless_drip_ends_with_the_timeout() -> None:
    async def drip(_: bytes, writer: asyncio.Transport) -> None:
        writer.write(OK + b"Content-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(FetchError, match="context deadline exceeded"):
        await fetch(drip, timeout_s=0.3)
    assert time.monotonic() - began < 1


async def test_a_kept_connection_that_was_closed_is_opened_again() -> None:
    seen = []

    async def once(_: bytes, writer: asyncio.Transport) -> None:
        seen.append(writer)
        writer.write(sized(b"a 1\n"))
        await asyncio.sleep(0.01)
        writer.close()

    assert await fetch(once, times=3) == [b"a 1\n"] * 3


async def test_redirects_and_their_limit() -> None:
    async def answer(request: bytes, writer: asyncio.Transport) -> None:
        if request.startswith(b"GET /metrics "):
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
        else:
            writer.write(sized(b"a 1\n"))

    assert await fetch(answer, times=2) == [b"a 1\n"] * 2
    with pytest.raises(FetchError, match="302"):
        await fetch(answer, "follow_redirects: false")
    with pytest.raises(FetchError, match=r"(?i)redirects"):
        await fetch(fixed(b"HTTP/1.1 302 Found\r\nLocation: /metrics\r\nContent-Length: 0\r\n\r\n"))


async def test_requests_carry_what_was_configured(tmp_path: Path) -> None:
    requests: list[bytes] = []

    async def note(request: bytes, writer: asyncio.Transport) -> None:
        requests.append(request)
        writer.write(sized(b""))

    secret = tmp_path / "password"
    secret.write_text("first\n")
    more = f"basic_auth: {{username: u, password_file: {secret}}}, http_headers: {{X-A: {{values: [b]}}}}, enable_compression: false"
    async with server(note) as url:
        client = fetcher(f"{url}/m?x=y", more)
        (await client.fetch()).release()
        secret.write_text("second")
        (await client.fetch()).release()
        await client.close()
    first, second = requests
    assert first.startswith(b"GET /m?x=y HTTP/1.1\r\nHost: 127.0.0.1:")
    for header in (b"X-A: b", b"Accept-Encoding: identity", b"X-Prometheus-Scrape-Timeout-Seconds: 2\r\n"):
        assert header in first
    assert b"Authorization: Basic dTpmaXJzdA==\r\n" in first  # u:first
    assert b"Authorization: Basic dTpzZWNvbmQ=\r\n" in second


@contextlib.asynccontextmanager
async def scraping(config: str, storage: FakeStorage) -> AsyncIterator[ScrapeManager]:
    manager = ScrapeManager(storage, SystemClock(), CollectorRegistry())
    await manager.apply(parse_config(config))
    watching = asyncio.create_task(manager.run())
    yield manager
    await manager.stop()
    await watching


def values(storage: FakeStorage, name: str) -> list[object]:
    return ["stale" if is_stale(v) else v for labels, samples in storage.samples.items() if dict(labels)["__name__"] == name for _, v in samples]  # fmt: skip


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not check():
            await asyncio.sleep(0.01)


GLOBAL = "global: {scrape_interval: 500ms, scrape_timeout: 500ms}\n"  # a busy machine may take a tenth of a second for nothing


async def test_series_and_targets_end_with_a_staleness_marker() -> None:
    page = b"a 1\nb 1\n"

    async def answer(_: bytes, writer: asyncio.Transport) -> None:
        writer.write(sized(page))

    storage = FakeStorage()
    async with server(answer) as url:
        address = url.removeprefix("http://")
        job = f"scrape_configs: [{{job_name: j, static_configs: [{{targets: ['{address}']}}]}}]"
        async with scraping(GLOBAL + job, storage) as manager:
            await until(lambda: len(values(storage, "b")) >= 2)
            page = b"a 2\n"
            await until(lambda: values(storage, "b")[-1] == "stale")
            assert values(storage, "a")[-1] == 2.0
            page = b"broken"
            await until(lambda: values(storage, "up")[-1] == 0.0)
            assert values(storage, "a")[-1] == "stale"
            (target,) = manager.active_targets()["j"]
            assert (target.health, "expected value after metric" in target.last_error) == ("down", True)
            page = b"a 3\n"
            await until(lambda: values(storage, "up")[-1] == 1.0)
            assert values(storage, "a")[-1] == 3.0
            await manager.apply(parse_config("scrape_configs: []"))
            assert values(storage, "a")[-1] == values(storage, "up")[-1] == "stale"
            assert manager.active_targets() == {}


async def test_limits_fail_the_scrape_and_a_reload_keeps_other_jobs() -> None:
    storage = FakeStorage()
    async with server(fixed(sized(b"a 1\nb 1\n"))) as url:
        address = url.removeprefix("http://")

        def jobs(limit: int) -> str:
            target = f"static_configs: [{{targets: ['{address}']}}]"
            return f"{GLOBAL}scrape_configs: [{{job_name: kept, {target}}}, {{job_name: j, sample_limit: {limit}, {target}}}]"

        async with scraping(jobs(1), storage) as manager:
            await until(
                lambda: manager.active_targets()["j"] != [] and bool(manager.active_targets()["j"][0].last_scrape)
            )
            assert manager.active_targets()["j"][0].last_error == "sample limit exceeded"
            kept = manager.active_targets()["kept"][0]
            await manager.apply(parse_config(jobs(2)))
            await until(lambda: [target.health for target in manager.active_targets()["j"]] == ["up"])
            assert manager.active_targets()["kept"][0] is kept
            assert "stale" not in values(storage, "b")


async def test_a_changed_job_goes_on_with_its_series() -> None:
    storage = FakeStorage()
    async with server(fixed(sized(b"a 1\nb 1\n"))) as url:
        address = url.removeprefix("http://")

        def job(more: str) -> str:
            return f"{GLOBAL}scrape_configs: [{{job_name: j, {more}, static_configs: [{{targets: ['{address}']}}]}}]"

        async with scraping(job("sample_limit: 10"), storage) as manager:
            await until(lambda: len(values(storage, "b")) >= 2)
            rules = "metric_relabel_configs: [{source_labels: [__name__], regex: b, action: drop}]"
            await manager.apply(parse_config(job(f"scrape_interval: 400ms, scrape_timeout: 400ms, {rules}")))
            await until(lambda: [target.spec.interval for target in manager.active_targets()["j"]] == [0.4])
            before = len(values(storage, "a"))
            await until(lambda: len(values(storage, "a")) >= before + 3)
            assert "stale" not in values(storage, "a")
            assert len(manager.active_targets()["j"]) == 1
