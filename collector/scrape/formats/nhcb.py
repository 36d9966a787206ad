"""Classic histograms as native histograms with custom buckets (`convert_classic_histograms_to_nhcb`)."""

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, FloatHistogram
from collector.scrape.formats.numbers import parse_float
from collector.scrape.page import Page, Pairs

_Identity = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Classic:
    """The parts of one classic histogram: cumulative counts by upper bound, and where its samples are."""

    counts: dict[float, float] = field(default_factory=dict)
    sum: float = 0.0
    count: float | None = None
    stamp: int | None = None
    samples: list[int] = field(default_factory=list)


def convert_classic(page: Page, *, keep_classic: bool) -> Page:
    """The page with each classic histogram as one native histogram, beside (`keep_classic`) or instead of its samples."""
    found: dict[_Identity, _Classic] = defaultdict(_Classic)
    native = {page.labels(index)[0] for index in page.histograms}
    labels: list[Pairs] = []
    for index in range(len(page.keys)):
        labels.append(page.labels(index))
        _collect(page, index, dict(labels[index]), found)
    out = Page(
        [],
        [],
        labels=lambda index: kept[index],
        stamps=None if page.stamps is None else [],
        metadata=page.metadata,
        error=page.error,
    )
    kept: list[Pairs] = []
    whole = {
        identity: parts
        for identity, parts in found.items()
        if parts.counts and ("__name__", identity[0][1]) not in native
    }
    gone = set() if keep_classic else {index for parts in whole.values() for index in parts.samples}
    for index, key in enumerate(page.keys):
        if index not in gone:
            _copy(page, index, key, out)
            kept.append(labels[index])
    for identity, parts in whole.items():
        out.histograms[len(out.keys)] = _histogram(parts)
        out.keys.append(b"\0nhcb" + repr(identity).encode())
        out.values.append(parts.sum)
        if out.stamps is not None:
            out.stamps.append(parts.stamp)
        kept.append(list(identity))
    return out


def _collect(page: Page, index: int, labels: dict[str, str], found: dict[_Identity, _Classic]) -> None:
    name = labels.pop("__name__")
    base, _, suffix = name.rpartition("_")
    if (
        suffix not in ("bucket", "sum", "count")
        or page.metadata.get(base) is None
        or page.metadata[base].type != "histogram"
    ):
        return
    bound = labels.pop("le", None)
    if (suffix == "bucket") != (bound is not None):
        return
    parts = found[(("__name__", base), *sorted(labels.items()))]
    parts.samples.append(index)
    value = page.values[index]
    if page.stamps is not None:
        parts.stamp = page.stamps[index]
    if suffix == "sum":
        parts.sum = value
    elif suffix == "count":
        parts.count = value
    else:
        assert bound is not None
        parts.counts[parse_float(bound.encode())] = value


def _copy(page: Page, index: int, key: bytes, out: Page) -> None:
    at = len(out.keys)
    out.keys.append(key)
    out.values.append(page.values[index])
    if out.stamps is not None and page.stamps is not None:
        out.stamps.append(page.stamps[index])
    if index in page.histograms:
        out.histograms[at] = page.histograms[index]
    if index in page.exemplars:
        out.exemplars[at] = page.exemplars[index]


def _histogram(parts: _Classic) -> FloatHistogram:
    bounds = sorted(parts.counts)
    cumulative = [parts.counts[bound] for bound in bounds]
    count = parts.count if parts.count is not None else cumulative[-1]
    if not math.isinf(bounds[-1]):
        bounds.append(math.inf)
        cumulative.append(count)
    buckets = np.diff(np.array([0.0, *cumulative]))
    return FloatHistogram(
        schema=CUSTOM_BUCKETS_SCHEMA,
        count=count,
        sum=parts.sum,
        positive_spans=((0, len(buckets)),),
        positive=buckets,
        custom_values=tuple(bounds[:-1]),
        integer=all(value.is_integer() for value in (count, *cumulative)),
    )
