"""Native histograms that a real Prometheus keeps in a block are imported as they were sent."""

import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np
import pytest

from collector.histogram import CounterReset, FloatHistogram
from collector.remote.histogram_message import encode_histogram
from collector.remote.sender.encode import Outgoing, encode_v1
from collector.remote.snappy import compress
from collector.storage.interface import STALE_NAN, FlatPart, is_stale
from collector.storage.options import StorageOptions
from collector.storage.prometheus_import import import_prometheus
from collector.storage.storage import Storage
from pharos.matchers import parse_matchers
from tests.support.peers import need_peer
from tests.support.processes import free_port, running, wait_ready

pytestmark = [pytest.mark.integration, pytest.mark.peers]

SAMPLES = 150  # more than one chunk
Shown = tuple[float, float, float, float, dict[int, float], dict[int, float]]


def whole(number: int) -> FloatHistogram:
    """Counts that grow, on a layout that widens half-way."""
    buckets = np.array([number + 1.0, 2.0 * number, 3.0] + ([number / 1] if number > 70 else []))
    negative = np.array([float(number // 3)])
    zero = float(number)
    return FloatHistogram(
        schema=3, count=float(buckets.sum() + negative.sum() + zero), sum=1.5 * number, zero_threshold=0.001, zero_count=zero,
        positive_spans=((-2, 2), (3, 1 + (number > 70))), positive=buckets, negative_spans=((4, 1),), negative=negative, integer=True,
    )  # fmt: skip


def floating(number: int) -> FloatHistogram:
    buckets = np.array([0.5 * number, 1 / (number + 1)])
    return FloatHistogram(
        schema=-1, count=float(buckets.sum()), sum=-0.25 * number, zero_threshold=2.0**-128, positive_spans=((1, 2),), positive=buckets,
        counter_reset=CounterReset.GAUGE,
    )  # fmt: skip


def custom(number: int) -> FloatHistogram:
    buckets = np.array([number, number + 5.0, 1.0])
    return FloatHistogram(
        schema=-53, count=float(buckets.sum()), sum=float(number), positive_spans=((0, 3),), positive=buckets,
        custom_values=(0.005, 1 / 3, 100_000.0), integer=True,
    )  # fmt: skip


KINDS = {"whole": whole, "floating": floating, "custom": custom}


@pytest.fixture
def snapshot(tmp_path: Path) -> tuple[Path, list[int]]:
    """The snapshot of a Prometheus that was sent all kinds, and the times of the samples."""
    port = free_port()
    (tmp_path / "p.yml").write_text("storage: {tsdb: {out_of_order_time_window: 1d}}\n")
    argv = [
        need_peer("prometheus"), f"--config.file={tmp_path / 'p.yml'}", f"--storage.tsdb.path={tmp_path / 'theirs'}",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver", "--web.enable-admin-api",
        "--enable-feature=native-histograms",
    ]  # fmt: skip
    now = int(time.time() * 1000) // 1000 * 1000
    times = [now - 15_000 * (SAMPLES - number) for number in range(SAMPLES)]
    with running(argv, tmp_path / "log"):
        url = f"http://127.0.0.1:{port}"
        wait_ready(url)
        send(url, times)
        name = httpx.post(f"{url}/api/v1/admin/tsdb/snapshot").json()["data"]["name"]
    return tmp_path / "theirs" / "snapshots" / name, times


def send(url: str, times: Sequence[int]) -> None:
    for number, time_ms in enumerate(times):
        series = []
        for name, make in KINDS.items():
            stale = name == "whole" and number == SAMPLES - 1
            one = FloatHistogram(sum=float(STALE_NAN), integer=True) if stale else make(number)
            series.append(Outgoing(0, {"__name__": f"h_{name}"}, histograms=[encode_histogram(one, time_ms)]))
        headers = {
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        answer = httpx.post(f"{url}/api/v1/write", content=compress(encode_v1(series)), headers=headers)
        assert answer.status_code in (200, 204), answer.text


def shown(one: FloatHistogram) -> Shown:
    """What a histogram says, however its buckets are laid out."""
    positive, negative = (
        occupied(spans, counts)
        for spans, counts in ((one.positive_spans, one.positive), (one.negative_spans, one.negative))
    )
    return one.schema, one.count, one.sum, one.zero_count, positive, negative


def occupied(spans: Sequence[tuple[int, int]], counts: Sequence[float]) -> dict[int, float]:
    places, at = [], 0
    for offset, length in spans:
        at += offset
        places += range(at, at + length)
        at += length
    return {place: float(count) for place, count in zip(places, counts, strict=True) if count}


def test_every_histogram_is_taken_over(snapshot: tuple[Path, list[int]], tmp_path: Path) -> None:
    folder, times = snapshot
    report = import_prometheus(folder, tmp_path / "ours", times[-1], lambda done, total: None)
    assert (report.samples, report.left_out_chunks) == (3 * SAMPLES, 0)
    storage = Storage(tmp_path / "ours", StorageOptions(retention_ms=0))
    storage.open()
    for name, make in KINDS.items():
        (part,) = storage.select(parse_matchers(f"h_{name}"), 0, 2**62).parts
        assert isinstance(part, FlatPart)
        assert part.histograms is not None
        assert part.timestamps.tolist() == times
        last = SAMPLES - (name == "whole")
        assert [shown(one) for one in part.histograms[:last]] == [shown(make(number)) for number in range(last)]
        assert part.histograms[0].integer == make(0).integer
        assert part.histograms[0].custom_values == make(0).custom_values
        assert is_stale(part.values[-1:])[0] == (name == "whole")
    gauge = storage.select(parse_matchers("h_floating"), 0, 2**62).parts[0]
    assert isinstance(gauge, FlatPart)
    assert gauge.histograms is not None
    assert all(one.counter_reset is CounterReset.GAUGE for one in gauge.histograms)
    storage.close()
