"""The same pages scraped by a real Prometheus and by us: same `up`, same samples."""

import asyncio
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from collector.config import parse_config
from collector.scrape import ScrapeManager
from pharos.clock import SystemClock
from tests.support.fake_storage import FakeStorage, is_stale
from tests.support.peers import need_peer
from tests.support.processes import PATIENCE_S, free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]

TEXT = "text/plain; version=0.0.4"
OPEN = "application/openmetrics-text; version=1.0.0"

TEXT_PAGES: list[bytes] = [
    b"a 1\n", b"", b"a 1", b" a 1\n", b"\ta 1\n", b"a\t1\n", b"a 1 \n", b"a  1\n", b'a {b="c"} 1\n', b'a{b="c"}1\n', b"a{}1\n", b"a{} 1\n",
    b"a 1\r\n", b"\r\n", b"a{,} 1\n", b'a{b="c",} 1\n', b'a{b="c",,} 1\n', b'a{,b="c"} 1\n', b"a{b=c} 1\n", b"a{b='c'} 1\n", b'a{b="c" d="e"} 1\n',
    b'a{ b = "c" , } 1\n', b'a{b="\xff"} 1\n', b"# HELP a \xff\na 1\n", b"# \xff\na 1\n", b"\xef\xbb\xbfa 1\n", b"a 0x10\n", b"a 0x1p-3\n",
    b"a 1_000\n", b"a 1e400\n", b"a 1e-400\n", b"a\n", b"a \n", b'a{b="1",b="2"} 1\n', b'{__name__="a"} 1\n', b'a{__name__="b"} 1\n', b"{} 1\n",
    b"a-b 1\n", b"a.b 1\n", b"1a 1\n", b"_a 1\n", b":a 1\n", b"# TYPE a foo\n", b"# TYPE a\n", b"# TYPE\n", b"# TYPE a  gauge\na 1\n",
    b"# TYPE a gauge \na 1\n", b"#TYPE a foo\na 1\n", b"# HELP\na 1\n", b"# HELP a\na 1\n", b"# HELP 1a\na 1\n", b"# UNIT a b\na 1\n",
    b"a 1 -5\n", b"a 1 1.5\n", b"a 1 x\n", b'a 1 # {b="c"} 1\n', b"a nan\n", b"a NaN\n", b"a +NaN\n", b"a -NaN\n", b"a Inf\n", b"a +Inf\n",
    b"a -inf\n", b"a Infinity\n", b"a infinit\n", b"a 5.\n", b"a .5\n", b"a .\n", b"a +5\n", b"a -0\n", b"a 1e5\n", b"a 1E5\n", b"a 1e+5\n", b"a e5\n",
    b"a 007\n", b"a 1e\n", b'a{b="x\ny"} 1\n', b'a{b="\\t"} 1\n', b'a{b="\\n\\\\\\""} 1\n', b'a{b="\0"} 1\n', b"a 1\0\n", b"a 1\n\0b 2\n",
    b"# c\0d\na 1\n", b"# c\na 1\n", b"#\na 1\n", b"\n\n a 1\n", b'{"a.b",x="y"} 1\n', b'{x="y","a.b"} 1\n', b'{"a.b"} 1\n', b'a{"x.y"="z"} 1\n',
    b'{"a","b"} 1\n', b'a{"b"} 1\n', b'{"a.b"x="y"} 1\n', b'a{__foo="1"} 1\n', b'a{b=""} 1\n', b"a 1\na 2\n", b'a{b="1",c="2"} 1\na{c="2",b="1"} 3\n',
    b"a 1\n# TYPE a gauge\n# TYPE a counter\n", b'# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 1\nh_count 2\n',
    b'# TYPE s summary\ns{quantile="0.50"} 1\ns{quantile="1"} 1\n', b'# TYPE g gauge\ng{le="1"} 1\n', b'a{job="x",instance="y"} 1\n',
    b'a{exported_job="z",job="x"} 1\n', b"a 1\nb c\n", b'a{b="' + b"x" * 70_000 + b'"} 1\n', b'a{"b="c"} 1\n', b"a{b} 1\n",
    b"a 1e22\n", b"a 123456789012345678901234567890\n", b"a 18446744073709551615\n", b"a 0.1\n", b"a 2.2250738585072014e-308\n",
]  # fmt: skip

OPEN_PAGES: list[bytes] = [
    b"# EOF\n", b"# EOF", b"", b"a 1\n", b"a 1\n# EOF", b"a 1\n# EOF\n", b"a 1\n\n# EOF\n", b"# c\na 1\n# EOF\n", b"a  1\n# EOF\n", b" a 1\n# EOF\n",
    b"# EOF\na 1\n", b"# EOF\n\n", b"# TYPE a untyped\na 1\n# EOF\n", b"# TYPE a unknown\na 1\n# EOF\n", b"# TYPE a counter\na 1\n# EOF\n",
    b"# TYPE a counter\na_total -1\n# EOF\n", b"# TYPE a counter\na_total NaN\n# EOF\n", b"# UNIT a seconds\na 1\n# EOF\n",
    b"# UNIT a_seconds seconds\na_seconds 1\n# EOF\n", b"# UNIT a \na 1\n# EOF\n", b"# HELP a x\n# HELP a y\na 1\n# EOF\n", b"# HELP a\na 1\n# EOF\n",
    b"# HELP a \na 1\n# EOF\n", b"a 1\nb 1\na 2\n# EOF\n", b'a{b="c",} 1\n# EOF\n', b'a{b="c",,} 1\n# EOF\n', b"a{} 1\n# EOF\n", b"a{,} 1\n# EOF\n",
    b'a{b="1"c="2"} 1\n# EOF\n', b'a{b="x\ny"} 1\n# EOF\n', b'a{b="\\t"} 1\n# EOF\n', b'a {b="c"} 1\n# EOF\n', b'a{b ="c"} 1\n# EOF\n',
    b"a 1 Inf\n# EOF\n", b"a 1 NaN\n# EOF\n", b"a 1 x\n# EOF\n", b"a 1 # {} 1\n# EOF\n", b'a_total 1 # {b="c"} 0.5\n# EOF\n',
    b'a 1 # {b="c"}\n# EOF\n', b'a 1 # {b="c"} x\n# EOF\n', b'a 1 # {b="c"} 1 2\n# EOF\n', b"a 1 #\n# EOF\n", b'a{b="\xff"} 1\n# EOF\n',
    b'{"a.b",c="d"} 1\n# EOF\n', b'{"a.b"} 1\n# EOF\n', b"a\t1\n# EOF\n", b"a 1\r\n# EOF\n", b"# TYPE a gauge\n# TYPE a counter\na 1\n# EOF\n",
    b'# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_count 2\nh_sum 1\nh_created 1\n# EOF\n', b"# EOFX\n", b"# EOF \n",
    b"# TYPE a stateset\na{a=\"x\"} 1\n# EOF\n", b"# TYPE a info\na_info 1\n# EOF\n", b"# TYPE a gaugehistogram\na_gcount 1\n# EOF\n", b"a 1e400\n# EOF\n",
]  # fmt: skip

# Content types, each with a page that would be fine.
CONTENT: list[str] = [
    "", "text/plain", "text/plain; version=1.0.0", "text/plain; version=9", "text/html", "application/json", "TEXT/PLAIN", "text/plain;",
    "text/plain; charset=utf-8", "text", "a/b/c", "application/octet-stream", "*/*", "text/plain; version=0.0.4; escaping=values",
]  # fmt: skip

CASES: list[tuple[bytes, str]] = [
    *((page, TEXT) for page in TEXT_PAGES),
    *((page, OPEN) for page in OPEN_PAGES),
    *((b"a 1\n", kind) for kind in CONTENT),
]
STATUSES = [201, 204, 206, 301, 400, 404, 500, 503]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        number = int(self.path.strip("/"))
        status, (page, kind) = 200, (b"a 1\n", TEXT)
        if number < len(CASES):
            page, kind = CASES[number]
        else:
            status = STATUSES[number - len(CASES)]
            page = b"" if status == 204 else page
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def config(address: str) -> str:
    jobs = "\n".join(
        f"- {{job_name: c{number}, metrics_path: /{number}, static_configs: [{{targets: ['{address}']}}]}}"
        for number in range(len(CASES) + len(STATUSES))
    )
    return f"global: {{scrape_interval: 6s, scrape_timeout: 6s}}\nscrape_configs:\n{jobs}\n"


Found = dict[str, dict[tuple[tuple[str, str], ...], str]]


def tidy(job: str, labels: dict[str, str], value: float, found: Found) -> None:
    if labels["__name__"].startswith("scrape_duration"):
        return
    key = tuple(
        sorted((name, text) for name, text in labels.items() if (name, text) != ("job", job) and name != "instance")
    )
    found.setdefault(job, {})[key] = "NaN" if math.isnan(value) else repr(value)


def from_prometheus(url: str) -> Found:
    found: Found = {}
    answer = httpx.get(f"{url}/api/v1/query", params={"query": '{job=~"c.+"}'}).json()
    for series in answer["data"]["result"]:
        labels = series["metric"]
        tidy(labels["job"], {"__name__": "", **labels}, float(series["value"][1]), found)
    return found


def scraped(manager: ScrapeManager) -> list[str]:
    """The jobs that have been asked once."""
    return [job for job, targets in manager.active_targets().items() for target in targets if target.last_scrape]


async def from_pharos(text: str) -> Found:
    storage = FakeStorage()
    manager = ScrapeManager(storage, SystemClock(), CollectorRegistry())
    await manager.apply(parse_config(text))
    watching = asyncio.create_task(manager.run())
    async with asyncio.timeout(PATIENCE_S):
        while len(scraped(manager)) < len(CASES) + len(STATUSES):
            await asyncio.sleep(0.1)
    await manager.stop()
    await watching
    await asyncio.sleep(0.1)  # closed connections are let go by the loop a moment later
    found: Found = {}
    for labels, samples in storage.samples.items():
        first = samples[0][1]
        if not is_stale(first):
            tidy(dict(labels)["job"], dict(labels), first, found)
    return found


def shown(number: int) -> str:
    return repr(CASES[number]) if number < len(CASES) else f"status {STATUSES[number - len(CASES)]}"


async def test_same_verdicts(address: str, tmp_path: Path) -> None:
    text = config(address)
    (tmp_path / "p.yml").write_text(text)
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
        ours = await from_pharos(text)
        number = len(CASES) + len(STATUSES)
        await asyncio.to_thread(wait_for, "all jobs", lambda: len(set(from_prometheus(url))) == number)
        theirs = from_prometheus(url)
    added = (("__name__", "scrape_series_added"),)
    for found in (ours, theirs):  # theirs may be a later scrape than the first
        for samples in found.values():
            samples.pop(added, None)
    differing = {
        shown(int(job[1:])): {"theirs": theirs[job], "ours": ours.get(job)}
        for job in theirs
        if theirs[job] != ours.get(job)
    }
    assert not differing, "\n".join(f"{case}: {both}" for case, both in differing.items())
