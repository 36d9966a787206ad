"""Federated samples as the delimited protobuf format, the only one that native histograms fit into.

Fields are drawn in `collector.scrape.formats.protobuf`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from collector.histogram import FloatHistogram
from collector.protobuf import put_bytes, put_double, put_int, put_text, put_zigzag, varint

if TYPE_CHECKING:
    from collector.api.federate import FederatedSample

_TYPES: Final = {"untyped": 3, "histogram": 4, "gaugehistogram": 5}


def encode_family(samples: Sequence[FederatedSample]) -> bytes:
    """One `MetricFamily` behind its length; the samples share name and type."""
    name, kind = samples[0].family
    message = put_text(1, name) + put_int(3, _TYPES[kind])
    message += b"".join(put_bytes(4, _metric(sample)) for sample in samples)
    return varint(len(message)) + message


def _metric(sample: FederatedSample) -> bytes:
    labels = b"".join(put_bytes(1, put_text(1, name) + put_text(2, text)) for name, text in sample.labels.items())
    if sample.histogram is None:
        content = put_bytes(5, _double(1, sample.value))
    else:
        content = put_bytes(7, _histogram(sample.histogram))
    return labels + content + put_int(6, sample.time_ms)


def _histogram(histogram: FloatHistogram) -> bytes:
    negative = b"".join(put_bytes(9, _span(span)) for span in histogram.negative_spans)
    positive = b"".join(put_bytes(12, _span(span)) for span in histogram.positive_spans)
    return (
        _double(2, histogram.sum)
        + _double(4, histogram.count)
        + put_zigzag(5, histogram.schema)
        + _double(6, histogram.zero_threshold)
        + _double(8, histogram.zero_count)
        + negative
        + b"".join(_double(11, value) for value in histogram.negative.tolist())
        + positive
        + b"".join(_double(14, value) for value in histogram.positive.tolist())
    )


def _span(span: tuple[int, int]) -> bytes:
    return put_zigzag(1, span[0]) + put_int(2, span[1])


def _double(number: int, value: float) -> bytes:
    """A number that is written even when it is zero."""
    return put_double(number, value) or varint(number << 3 | 1) + struct.pack("<d", value)
