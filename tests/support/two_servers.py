"""A real Prometheus and our collector side by side, holding the same samples; the same questions to both."""

import json
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any

from collector.histogram import FloatHistogram
from collector.protobuf import put_bytes, put_double, put_int
from collector.remote.histogram_message import encode_histogram
from collector.remote.read_message import encode_labels
from collector.remote.snappy import compress
from pharos.labels import Labels
from tests.support.peers import need_peer
from tests.support.processes import PHAROS, free_port, running, wait_ready
from tests.support.shaped_series import Sample, Series

CONFIG = "storage: {tsdb: {out_of_order_time_window: 30d}}\n"  # the samples are old
FLAGS = ("--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y", "--storage.tsdb.path=data")


@dataclass(frozen=True, slots=True)
class TwoServers:
    """theirs, ours: open connections."""

    theirs: HTTPConnection
    ours: HTTPConnection

    def write(self, series: Iterable[Series]) -> None:
        """The same samples to both by remote write; both must take all of them."""
        for body in write_requests(series):
            self._write(compress(body))

    def _write(self, body: bytes) -> None:
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        for server in (self.theirs, self.ours):
            server.request("POST", "/api/v1/write", body, headers)
            answer = server.getresponse()
            said = answer.read()
            assert answer.status == 204, (server.port, "theirs" if server is self.theirs else "ours", said)

    def ask(self, path: str, **parameters: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Their answer and ours."""
        target = f"/api/v1/{path}"
        body = urllib.parse.urlencode(parameters)
        for server in (self.theirs, self.ours):
            server.request("POST", target, body, {"Content-Type": "application/x-www-form-urlencoded"})
        theirs, ours = (json.loads(server.getresponse().read()) for server in (self.theirs, self.ours))
        return theirs, ours


@contextmanager
def two_servers(folder: Path, features: str) -> Iterator[TwoServers]:
    """Both servers without samples; they end with the context."""
    with ExitStack() as stack:
        connections = []
        for name, argv in (("theirs", [need_peer("prometheus")]), ("ours", [*PHAROS, "collector"])):
            own = folder / name
            own.mkdir()
            (own / "prometheus.yml").write_text(CONFIG)
            port = free_port()
            flags = [*FLAGS, "--config.file=prometheus.yml", f"--web.listen-address=127.0.0.1:{port}"]
            stack.enter_context(
                running([*argv, *flags, f"--enable-feature=native-histograms,{features}"], own / "log", cwd=own)
            )
            wait_ready(f"http://127.0.0.1:{port}")
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            stack.callback(connection.close)
            connections.append(connection)
        yield TwoServers(*connections)


def write_requests(series: Iterable[Series]) -> Iterator[bytes]:
    """Messages `prometheus.WriteRequest`. Of each series one holds either floats or histograms: Prometheus stores the floats of a request first."""
    runs = ([(one.labels, list(run)) for _, run in groupby(one.samples, _is_histogram)] for one in series)
    for messages in zip_longest(*runs):
        yield b"".join(put_bytes(1, _time_series(*message)) for message in messages if message)


def _is_histogram(sample: tuple[int, Sample]) -> bool:
    return isinstance(sample[1], FloatHistogram)


def _time_series(labels: Labels, samples: list[tuple[int, Sample]]) -> bytes:
    return encode_labels(dict(sorted(labels.items()))) + b"".join(_sample(at, value) for at, value in samples)


def _sample(at_ms: int, value: Sample) -> bytes:
    if isinstance(value, FloatHistogram):
        return put_bytes(4, encode_histogram(value, at_ms))
    return put_bytes(2, put_double(1, value) + put_int(2, at_ms))
