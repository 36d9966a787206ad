"""Created timestamps as zero samples: the same samples in a real Prometheus and in ours."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.support.peers import need_peer
from tests.support.processes import PHAROS, free_port, running, wait_for, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]

PAGE = b"""# TYPE jobs counter
jobs_total{queue="a"} 17
jobs_created{queue="a"} %(ago)d.5
jobs_total{queue="b"} 3
jobs_created{queue="b"} %(ahead)d
# TYPE mixed counter
mixed_total{queue="a"} 1
mixed_total{queue="b"} 1
mixed_created{queue="a"} %(ago)d
mixed_created{queue="b"} %(ago)d
# TYPE size histogram
size_bucket{le="1"} 1
size_bucket{le="+Inf"} 2
size_count 2
size_created %(ago)d.25
size_sum 4
# TYPE wait summary
wait{quantile="0.5"} 1
wait_count 2
wait_created %(ago)d
# TYPE level gauge
level 5
level_created %(ago)d
# EOF
"""


@pytest.fixture
def address(now: int) -> Iterator[str]:
    body = PAGE % {b"ago": now - 30, b"ahead": now + 3600}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def now(tmp_path: Path) -> int:
    return int(tmp_path.stat().st_mtime)


def first_samples(url: str) -> dict[str, tuple[object, ...]]:
    """The value of each series' first sample, and its time where it is not the scrape's."""
    answer = httpx.get(f"{url}/api/v1/query", params={"query": '{job="c",__name__!~"scrape_.*"}[5m]'}).json()
    out: dict[str, tuple[object, ...]] = {}
    for series in answer["data"]["result"]:
        (time, value), *rest = series["values"]
        began = rest and rest[0][0] - time > 15
        out[str(sorted(series["metric"].items()))] = (value, time if began else "scrape")
    return out


def test_zeros_where_prometheus_has_them(address: str, tmp_path: Path) -> None:
    config = tmp_path / "p.yml"
    config.write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        f"scrape_configs: [{{job_name: c, static_configs: [{{targets: ['{address}']}}]}}]\n"
    )
    found = []
    for number, program in enumerate(([need_peer("prometheus")], [*PHAROS, "collector"])):
        port = free_port()
        argv = [
            *program,
            f"--config.file={config}",
            f"--storage.tsdb.path={tmp_path / str(number)}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=created-timestamp-zero-ingestion",
        ]
        with running(argv, tmp_path / f"log{number}"):
            url = f"http://127.0.0.1:{port}"
            wait_ready(url)
            wait_for(
                "two scrapes",
                lambda url=url: httpx.get(
                    f"{url}/api/v1/query", params={"query": "count_over_time(level[5m]) > 1"}
                ).json()["data"]["result"],
            )
            found.append(first_samples(url))
    theirs, ours = found
    assert len(theirs) > 8
    assert ours == theirs
