"""Samples from the log to the bodies of write requests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from collector.protobuf import put_bytes, put_double, put_int, put_text, varint
from collector.remote.histogram_message import encode_histogram
from collector.remote.read_message import encode_labels, encode_samples
from collector.remote.sender.tail import Batch
from collector.scrape.page import Metadata
from collector.storage.histograms import decode_histogram
from collector.storage.interface import Rows
from pharos.labels import Labels
from pharos.relabel import RelabelConfig, relabel

# The numbers of metric types, the same in both versions.
_TYPES: Final = {
    "unknown": 0, "counter": 1, "gauge": 2, "histogram": 3, "gaugehistogram": 4, "summary": 5, "info": 6, "stateset": 7,
}  # fmt: skip


class LogSeries(Protocol):
    """The series that the log speaks of by number."""

    def labels_of(self, number: int) -> Labels:
        """Its labels; none when nothing is known about it."""
        ...

    @property
    def releases(self) -> int:
        """How often numbers were given up; those of batches that are not sent yet never are."""
        ...


class SeriesLabels:
    """The labels each series is sent under, worked out once: external labels where they are missing, then relabelling. None: not sent."""

    def __init__(self, log: LogSeries, external: Mapping[str, str], rules: Sequence[RelabelConfig]) -> None:
        self._log, self._external, self._rules = log, external, rules
        self._known: dict[int, Labels | None] = {}
        self._releases = log.releases

    def refresh(self) -> None:
        """Before a batch: numbers may stand for other series since the log's series were released."""
        releases = self._log.releases
        if releases != self._releases:
            self._known, self._releases = {}, releases

    def __getitem__(self, sid: int) -> Labels | None:
        if sid not in self._known:
            own = self._log.labels_of(sid)
            labels: Labels | None = {**self._external, **own} if own else None
            if labels and self._rules:
                labels = relabel(labels, self._rules)
            self._known[sid] = dict(sorted(labels.items())) if labels else None
        return self._known[sid]


@dataclass(slots=True)
class Outgoing:
    """One series of a request: labels, its samples and histograms as encoded fields, exemplars."""

    sid: int
    labels: Labels
    samples: list[bytes] = field(default_factory=list)
    histograms: list[bytes] = field(default_factory=list)
    exemplars: list[tuple[tuple[tuple[str, str], ...], float, int]] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """What may be sent."""

    exemplars: bool = False
    histograms: bool = False
    oldest_ms: int = 0


def outgoing(batch: Batch, labels: SeriesLabels, content: Content) -> list[Outgoing]:
    """The series of a batch with their samples in the order of the log."""
    labels.refresh()
    found: dict[int, Outgoing] = {}
    sids, times, values = batch.columns()
    if content.oldest_ms:
        young = times >= content.oldest_ms
        sids, times, values = sids[young], times[young], values[young]
    order = np.argsort(sids, kind="stable")
    sids, times, values = sids[order], times[order], values[order]
    for low, high in _runs(sids):
        sid = int(sids[low])
        named = labels[sid]
        if named is not None:
            found[sid] = Outgoing(sid, named, [encode_samples(times[low:high], values[low:high])], count=high - low)
    if content.histograms:
        _add_histograms(batch, labels, found)
    if content.exemplars:
        for sid, own, value, time in batch.exemplars:
            if sid in found:
                found[sid].exemplars.append((own, value, time))
    return list(found.values())


def _runs(sids: Rows) -> Iterator[tuple[int, int]]:
    cuts = np.flatnonzero(np.diff(sids)) + 1
    yield from zip([0, *cuts.tolist()], [*cuts.tolist(), len(sids)], strict=True) if len(sids) else ()


def _add_histograms(batch: Batch, labels: SeriesLabels, found: dict[int, Outgoing]) -> None:
    if not batch.histogram_blobs:
        return
    sids = np.concatenate(batch.histogram_sids).tolist()
    times = np.concatenate(batch.histogram_times).tolist()
    for sid, time, blob in zip(sids, times, batch.histogram_blobs, strict=True):
        named = labels[sid]
        if named is not None:
            series = found.setdefault(sid, Outgoing(sid, named))
            series.histograms.append(encode_histogram(decode_histogram(blob), time))
            series.count += 1


def encode_v1(series: Sequence[Outgoing]) -> bytes:
    """`prometheus.WriteRequest`."""
    return b"".join(put_bytes(1, _series_v1(one)) for one in series)


def _series_v1(one: Outgoing) -> bytes:
    return b"".join(
        (
            encode_labels(one.labels),
            *one.samples,
            *(put_bytes(3, encode_labels(dict(own)) + put_double(2, v) + put_int(3, t)) for own, v, t in one.exemplars),
            *(put_bytes(4, histogram) for histogram in one.histograms),
        )
    )


def encode_metadata_v1(metadata: Mapping[str, Metadata]) -> bytes:
    """A request with nothing but metadata."""
    return b"".join(
        put_bytes(
            3,
            put_int(1, _TYPES.get(known.type, 0))
            + put_text(2, name)
            + put_text(4, known.help)
            + put_text(5, known.unit),
        )
        for name, known in metadata.items()
    )


def encode_v2(series: Sequence[Outgoing], metadata: Mapping[str, Metadata]) -> bytes:
    """`io.prometheus.write.v2.Request`."""
    symbols: dict[str, int] = {"": 0}
    messages = [put_bytes(5, _series_v2(one, symbols, metadata)) for one in series]
    return b"".join((*(put_bytes(4, symbol.encode()) for symbol in symbols), *messages))


def _refs(pairs: Sequence[tuple[str, str]], symbols: dict[str, int]) -> bytes:
    return b"".join(varint(symbols.setdefault(text, len(symbols))) for pair in pairs for text in pair)


def _series_v2(one: Outgoing, symbols: dict[str, int], metadata: Mapping[str, Metadata]) -> bytes:
    known = _family(one.labels.get("__name__", ""), metadata)
    about = b""
    if known is not None:
        about = (
            put_int(1, _TYPES.get(known.type, 0))
            + put_int(3, symbols.setdefault(known.help, len(symbols)))
            + put_int(4, symbols.setdefault(known.unit, len(symbols)))
        )
    return b"".join(
        (
            put_bytes(1, _refs(list(one.labels.items()), symbols)),
            *one.samples,
            *(put_bytes(3, histogram) for histogram in one.histograms),
            *(
                put_bytes(4, put_bytes(1, _refs(own, symbols)) + put_double(2, v) + put_int(3, t))
                for own, v, t in one.exemplars
            ),
            put_bytes(5, about),
        )
    )


def _family(name: str, metadata: Mapping[str, Metadata]) -> Metadata | None:
    """What is known about the family a series belongs to."""
    for suffix in ("", "_total", "_bucket", "_count", "_sum"):
        if name.endswith(suffix) and (known := metadata.get(name.removesuffix(suffix))) is not None:
            return known
    return None
