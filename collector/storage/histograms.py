"""Native histograms as bytes, and the head's log of them.

One histogram: i8 schema | u8 flags (bits 0-1 counter reset, bit 2 integer) | u16 positive spans | u16 negative spans | u16 custom values
| u32 positive buckets | u32 negative buckets | f64 count, sum, zero threshold, zero count | spans i32 pairs | buckets f64 | custom f64
"""

import struct
import threading
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.histogram import CounterReset, FloatHistogram
from collector.storage.columns import ranges
from collector.storage.interface import Rows, Timestamps, Values

_HEADER: Final = struct.Struct("<bBHHHIIdddd")


def encode_histogram(value: FloatHistogram) -> bytes:
    spans = np.array([*value.positive_spans, *value.negative_spans], "<i4")
    header = _HEADER.pack(
        value.schema,
        int(value.counter_reset) | (4 if value.integer else 0),
        len(value.positive_spans),
        len(value.negative_spans),
        len(value.custom_values),
        len(value.positive),
        len(value.negative),
        value.count,
        value.sum,
        value.zero_threshold,
        value.zero_count,
    )
    buckets = np.concatenate([value.positive, value.negative, np.asarray(value.custom_values, np.float64)])
    return header + spans.tobytes() + buckets.astype("<f8").tobytes()


def decode_histogram(blob: bytes | memoryview) -> FloatHistogram:
    (schema, flags, pos, neg, custom, pos_count, neg_count, count, total, zero_threshold, zero_count) = (
        _HEADER.unpack_from(blob)
    )
    spans = np.frombuffer(blob, "<i4", 2 * (pos + neg), _HEADER.size).reshape(-1, 2).tolist()
    buckets = np.frombuffer(blob, "<f8", pos_count + neg_count + custom, _HEADER.size + 8 * (pos + neg)).astype(
        np.float64
    )
    return FloatHistogram(
        schema=schema,
        count=count,
        sum=total,
        zero_threshold=zero_threshold,
        zero_count=zero_count,
        positive_spans=tuple((offset, length) for offset, length in spans[:pos]),
        positive=buckets[:pos_count],
        negative_spans=tuple((offset, length) for offset, length in spans[pos:]),
        negative=buckets[pos_count : pos_count + neg_count],
        custom_values=tuple(buckets[pos_count + neg_count :].tolist()),
        counter_reset=CounterReset(flags & 3),
        integer=bool(flags & 4),
    )


class HistogramRun:
    """Histograms by series and time. Series `sids[i]` owns `offsets[i]:offsets[i + 1]` of times and blobs."""

    def __init__(self, sids: NDArray[np.int32], times: Timestamps, blobs: NDArray[np.object_]) -> None:
        order = np.lexsort((times, sids))
        sids, times, blobs = sids[order], times[order], blobs[order]
        double = (sids[1:] == sids[:-1]) & (times[1:] == times[:-1])
        if double.any():
            keep = np.r_[True, ~double]
            sids, times, blobs = sids[keep], times[keep], blobs[keep]
        starts = np.flatnonzero(np.r_[True, sids[1:] != sids[:-1]]) if len(sids) else np.empty(0, np.int64)
        self.sids: NDArray[np.int32] = sids[starts]
        self.offsets: NDArray[np.int64] = np.r_[starts, len(sids)]
        self.times: Timestamps = times
        self.blobs: NDArray[np.object_] = blobs

    def __len__(self) -> int:
        return len(self.times)

    def rows(self) -> NDArray[np.int32]:
        return np.repeat(self.sids, np.diff(self.offsets))

    def pick(self, sids: Rows, min_ms: int, max_ms: int) -> "HistogramRun":
        """Those of some series in a time range."""
        rows = self.rows()
        keep = np.isin(rows, sids) & (self.times >= min_ms) & (self.times <= max_ms)
        return HistogramRun(rows[keep], self.times[keep], self.blobs[keep])


class HistogramLog:
    """The head's native histograms. `add` from one thread, `run` from any."""

    def __init__(self) -> None:
        self._fresh: list[tuple[NDArray[np.int32], Timestamps, NDArray[np.object_]]] = []
        self._run = HistogramRun(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, object))
        self._frozen = self._run
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._run) + sum(len(batch[0]) for batch in list(self._fresh))

    def add(self, sids: NDArray[np.int32], times: Timestamps, blobs: Sequence[bytes]) -> None:
        self._fresh.append((sids, times, objects(blobs)))

    def run(self) -> HistogramRun:
        """All of them, sorted."""
        with self._lock:
            count = len(self._fresh)
            if count:
                batches = [(self._run.rows(), self._run.times, self._run.blobs), *self._fresh[:count]]
                self._run = HistogramRun(
                    np.concatenate([batch[0] for batch in batches]),
                    np.concatenate([batch[1] for batch in batches]),
                    np.concatenate([batch[2] for batch in batches]),
                )
                del self._fresh[:count]
            return self._run

    def freeze(self) -> None:
        """What is there now is being written to blocks."""
        self._frozen = self.run()

    def cut(self, boundary_ms: int) -> None:
        """Forget histograms before a time that were there at `freeze`."""
        frozen = self._frozen
        written = set(zip(frozen.rows().tolist(), frozen.times.tolist(), strict=True))
        with self._lock:
            run = self._run
            pairs = zip(run.rows().tolist(), run.times.tolist(), strict=True)
            keep = np.array([time >= boundary_ms or (sid, time) not in written for sid, time in pairs], bool)
            self._run = HistogramRun(run.rows()[keep], run.times[keep], run.blobs[keep])
            self._frozen = HistogramRun(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, object))


def objects(values: Sequence[object]) -> NDArray[np.object_]:
    """An object array of exactly these, without NumPy looking inside."""
    out = np.empty(len(values), object)
    out[:] = values
    return out


class HistogramBatch:
    """Histograms as pieces for `assemble`; each series has an axis of its own."""

    absent = False
    histograms = True

    def __init__(self, run: HistogramRun) -> None:
        self.sids: Rows = run.sids.astype(np.int64)
        self.axis: NDArray[np.int64] = np.arange(len(run.sids))
        self.times: Timestamps = run.times
        self.starts: NDArray[np.int64] = run.offsets[:-1]
        self.lengths: NDArray[np.int64] = np.diff(run.offsets)
        self._blobs = run.blobs

    def fill(self, destination: NDArray[np.int64], out: Values, objects_out: NDArray[np.object_] | None) -> None:
        place = ranges(destination, self.lengths)
        decoded = [decode_histogram(blob) for blob in self._blobs.tolist()]
        out[place] = [value.sum for value in decoded]
        if objects_out is not None:
            objects_out[place] = objects(decoded)
