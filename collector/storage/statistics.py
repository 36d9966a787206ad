"""Cardinality: which metrics, labels and pairs make up the head."""

import heapq
from collections.abc import Iterable

from collector.storage.head import Head
from collector.storage.options import Named, TsdbStats
from collector.storage.order import MAX_TIME, MIN_TIME
from pharos.labels import METRIC_NAME


def head_stats(head: Head, limit: int) -> TsdbStats:
    """The content of `/api/v1/status/tsdb`."""
    text = head.table.symbols.text
    values: list[tuple[str, int]] = []
    memory: list[tuple[str, int]] = []
    pairs: list[tuple[str, int]] = []
    metrics: list[tuple[str, int]] = []
    pair_count = 0
    for name, postings in head.table.postings().items():
        codes, counts = postings.counts(head.alive)
        if not len(codes):
            continue
        pair_count += len(codes)
        values.append((name, len(codes)))
        texts = [text(code) for code in codes.tolist()]
        memory.append((name, sum(map(len, texts)) + len(name) * len(texts)))
        top = heapq.nlargest(limit, zip(counts.tolist(), texts, strict=True))
        pairs.extend((f"{name}={value}", count) for count, value in top)
        if name == METRIC_NAME:
            metrics = [(value, count) for count, value in top]
    return TsdbStats(
        num_series=head.series_count,
        num_label_pairs=pair_count,
        chunk_count=head.chunk_count,
        min_time=head.min_time if head.min_time != MAX_TIME else 0,
        max_time=head.max_time if head.max_time != MIN_TIME else 0,
        series_by_metric=_top(metrics, limit),
        values_by_label=_top(values, limit),
        memory_by_label=_top(memory, limit),
        series_by_pair=_top(pairs, limit),
    )


def _top(rows: Iterable[tuple[str, int]], limit: int) -> list[Named]:
    return [Named(name, value) for name, value in heapq.nsmallest(limit, rows, key=lambda row: (-row[1], row[0]))]
