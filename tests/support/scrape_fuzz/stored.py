"""What a server has stored of each target, read by remote read: values with their bits, histograms with their buckets, markers of staleness."""

import json
import math
import struct
import time
from collections import defaultdict
from typing import Any, TypeAlias

import httpx

from collector.histogram import CounterReset, FloatHistogram
from collector.protobuf import BYTES, double, fields, put_bytes, put_int, put_text, signed, text
from collector.remote.histogram_message import decode_histogram
from collector.remote.snappy import compress, decompress

_STALE = 0x7FF0000000000002
# By series (JSON of its labels): what was stored by number of the scrape, or by time when it is not that of a scrape.
Stored: TypeAlias = dict[str, dict[str, str]]
Found: TypeAlias = dict[int, Stored]  # by case
_Samples: TypeAlias = list[tuple[int, str]]


def read_job(url: str, job: str) -> Found:
    """All samples of the targets of a job, by the number of their scrape."""
    series: dict[int, dict[str, _Samples]] = defaultdict(dict)
    scrapes: dict[int, list[int]] = {}
    for labels, samples in _remote_read(url, job):
        number = int(labels.get("n", "-1"))
        key = json.dumps(labels, sort_keys=True)
        series[number].setdefault(key, []).extend(samples)
    for number, own in series.items():
        up = next(samples for key, samples in own.items() if _is_report(key, "up"))
        scrapes[number] = [when for when, _ in up]
    return {
        number: {key: _numbered(samples, scrapes[number]) for key, samples in own.items()}
        for number, own in series.items()
    }


def _is_report(key: str, name: str) -> bool:
    return set(json.loads(key)) == {"__name__", "instance", "job", "n"} and json.loads(key)["__name__"] == name


def _numbered(samples: _Samples, scrapes: list[int]) -> dict[str, str]:
    place = {when: f"scrape {number}" for number, when in enumerate(scrapes)}
    return {place.get(when, f"at {when}"): value for when, value in samples}


def read_exemplars(url: str) -> set[str]:
    """All exemplars, with their times where they brought one of their own."""
    answer = httpx.get(
        f"{url}/api/v1/query_exemplars",
        params={"query": '{n=~".+"}', "start": time.time() - 3600, "end": time.time() + 60},
        timeout=60,
    )
    found = set()
    for series in answer.json()["data"]:
        for exemplar in series["exemplars"]:
            found.add(json.dumps([series["seriesLabels"], exemplar["labels"], exemplar["value"]], sort_keys=True))
    return found


def last_errors(url: str) -> dict[int, str]:
    """What each target says was wrong."""
    targets = httpx.get(f"{url}/api/v1/targets", timeout=60).json()["data"]["activeTargets"]
    return {int(target["labels"]["n"]): target["lastError"] for target in targets}


def _remote_read(url: str, job: str) -> list[tuple[dict[str, str], _Samples]]:
    now = int(time.time() * 1000)
    matcher = put_bytes(3, put_text(2, "n") + put_text(3, ".+") + put_int(1, 2))
    query = (
        put_int(1, now - 3_600_000)
        + put_int(2, now + 3_600_000)
        + put_bytes(3, put_text(2, "job") + put_text(3, job))
        + matcher
    )
    headers = {"Content-Encoding": "snappy", "X-Prometheus-Remote-Read-Version": "0.1.0"}
    answer = httpx.post(f"{url}/api/v1/read", content=compress(put_bytes(1, query)), headers=headers, timeout=60)
    answer.raise_for_status()
    found = []
    for _, kind, result in fields(decompress(answer.content, 1 << 30)):
        assert kind == BYTES
        found.extend(_series(message) for _, _, message in fields(result))
    return found


def _series(message: Any) -> tuple[dict[str, str], _Samples]:
    labels, samples = {}, []
    for number, _, value in fields(message):
        if number == 1:
            parts = {place: text(raw) for place, _, raw in fields(value)}
            labels[parts[1]] = parts.get(2, "")
        elif number == 2:
            sample = {place: raw for place, _, raw in fields(value)}
            samples.append((signed(sample.get(2, 0)), _shown(double(sample[1]) if 1 in sample else 0.0)))
        elif number == 4:
            histogram, when = decode_histogram(value)
            samples.append((when, _shown_histogram(histogram)))
    return labels, samples


def _shown(value: float) -> str:
    if math.isnan(value):
        return "stale" if struct.unpack("<Q", struct.pack("<d", value))[0] == _STALE else "NaN"
    return repr(value)


def _shown_histogram(h: FloatHistogram) -> str:
    """Empty buckets and the cut into spans do not count."""
    if _shown(h.sum) == "stale":
        return "stale"
    sides = []
    for spans, counts in ((h.negative_spans, h.negative), (h.positive_spans, h.positive)):
        places, at = list[int](), 0
        for offset, length in spans:
            places.extend(range(at + offset, at + offset + length))
            at += offset + length
        sides.append({place: count for place, count in zip(places, counts.tolist(), strict=True) if count})
    gauge = h.counter_reset == CounterReset.GAUGE
    return f"{h.schema=} {h.count=} {_shown(h.sum)} {h.zero_threshold=} {h.zero_count=} {sides} {h.custom_values=} {h.integer=} {gauge=}"
