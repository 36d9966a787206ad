"""`pharos push metrics URL [FILE...]`: pages of metrics to a server by remote write."""

import argparse
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import httpx

from collector.cli.arguments import Parser, complain
from collector.cli.query import client
from collector.protobuf import put_bytes, put_double, put_int, put_text
from collector.remote.snappy import compress
from collector.scrape.formats import parsers
from collector.scrape.page import Page, ParseOptions, ScrapeError
from pharos.labels import LabelSet, label_set

Sample = tuple[LabelSet, float, int]


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    parser = Parser("pharos push", "Send data to a server.")
    commands = parser.add_subparsers(dest="command", metavar="WHAT", required=True)
    metrics = commands.add_parser("metrics", help="pages of metrics in the text format")
    metrics.add_argument("--label", action="append", default=[], metavar="NAME=VALUE", help="label for all samples")
    metrics.add_argument("--timeout", type=_seconds, default=30.0, metavar="DURATION")
    metrics.add_argument("--header", action="append", default=[], metavar="NAME=VALUE")
    metrics.add_argument("--http.config.file", dest="http_config", metavar="FILE")
    metrics.add_argument("url", metavar="URL", help="such as http://localhost:9090/api/v1/write")
    metrics.add_argument("files", nargs="*", metavar="FILE", help="default: standard input")
    options = parser.parse_args(arguments)
    labels = dict(text.split("=", 1) for text in options.label or ["job=promtool"])
    with client(options.http_config) as http:
        http.timeout = httpx.Timeout(options.timeout)
        http.headers.update(dict(text.split("=", 1) for text in options.header))
        good = [_push(http, options, file, labels) for file in options.files or ["-"]]
    return 0 if all(good) else 1


def _seconds(text: str) -> float:
    from pharos.durations import parse_duration_ms

    return parse_duration_ms(text) / 1000


def _push(http: httpx.Client, options: argparse.Namespace, file: str, labels: dict[str, str]) -> bool:
    """Send one file; whether that worked."""
    print("Parsing standard input" if file == "-" else f"Parsing metrics file {file}")
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        message = write_request(samples(body, labels, int(time.time() * 1000)))
        headers = {
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        answer = http.post(options.url, content=compress(message), headers=headers)
    except (ScrapeError, httpx.HTTPError, OSError) as error:
        complain(f"  FAILED: {error}")
        return False
    if not answer.is_success:
        complain(f"  FAILED: server returned HTTP status {answer.status_code}: {answer.text.strip()}")
        return False
    print("  SUCCESS: metrics pushed to remote write.")
    return True


def samples(body: bytes, labels: dict[str, str], now_ms: int) -> list[Sample]:
    """The samples of a page with extra labels; those without a time get `now_ms`. Raises `ScrapeError`."""
    page: Page = parsers["PrometheusText0.0.4"].factory(body, ParseOptions()).whole()
    stamps = page.stamps or [None] * len(page.values)
    out = []
    for index, (value, stamp) in enumerate(zip(page.values, stamps, strict=True)):
        series = label_set({**labels, **dict(page.labels(index))})
        out.append((series, value, now_ms if stamp is None else stamp))
    return out


def write_request(found: Iterable[Sample]) -> bytes:
    """A `prometheus.WriteRequest` of remote write 1.0."""
    return b"".join(put_bytes(1, _time_series(series, value, at_ms)) for series, value, at_ms in found)


def _time_series(series: LabelSet, value: float, at_ms: int) -> bytes:
    pairs = b"".join(put_bytes(1, put_text(1, name) + put_text(2, text)) for name, text in series)
    return pairs + put_bytes(2, put_double(1, value) + put_int(2, at_ms))
