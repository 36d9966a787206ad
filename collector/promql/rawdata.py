"""The answer to `up[5m]` as an instant query: the samples themselves."""

from collections.abc import Sequence

import numpy as np

from collector.promql.columns import label_order, take
from collector.promql.parser.ast import VectorSelector
from collector.promql.ranges import Part, as_flat, filtered, gathered
from collector.promql.run import Run
from collector.promql.steps import Steps
from collector.storage.interface import DensePart, FlatPart
from collector.storage.symbols import LabelTable


def shown_samples(run: Run, selector: VectorSelector, ends: Steps, range_ms: int) -> tuple[LabelTable, list[Part]]:
    """What a range selector selects at one time."""
    return run.select(selector.matchers, ends.start - range_ms + 1, ends.start)


def flattened(labels: LabelTable, parts: Sequence[Part], after_ms: int, until_ms: int) -> tuple[LabelTable, FlatPart]:
    """All samples with `after < t <= until` in one part; series in the order of their labels, those without samples left out."""
    flats = [as_flat(part) if isinstance(part, DensePart) else part for part in gathered(parts)]
    merged = _merged(flats)
    times = merged.timestamps
    inside = filtered(merged, (times > after_ms) & (times <= until_ms))
    alive = np.nonzero(np.diff(inside.offsets))[0]
    rows = inside.rows[alive]
    order = alive[label_order(take(labels, rows))]
    lengths = np.diff(inside.offsets)[order]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    index = np.repeat(inside.offsets[order] - offsets[:-1], lengths) + np.arange(int(offsets[-1]))
    histograms = None if inside.histograms is None else inside.histograms[index]
    flat = FlatPart(
        np.arange(len(order)), offsets, inside.timestamps[index], inside.values[index], histograms, stale=False
    )
    return take(labels, inside.rows[order]), flat


def _merged(flats: list[FlatPart]) -> FlatPart:
    if not flats:
        none = np.zeros(0, np.int64)
        return FlatPart(none, np.zeros(1, np.int64), none, np.zeros(0), None, stale=False)
    if len(flats) == 1:
        only = flats[0]
        return filtered(only, np.ones(len(only.timestamps), np.bool_))
    lengths = np.concatenate([np.diff(part.offsets) for part in flats])
    objects = None
    if any(part.histograms is not None for part in flats):
        objects = np.concatenate([
            np.full(len(p.values), None, object) if p.histograms is None else p.histograms for p in flats
        ])  # fmt: skip
    return FlatPart(
        np.concatenate([part.rows for part in flats]),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.concatenate([part.timestamps for part in flats]),
        np.concatenate([part.values for part in flats]),
        objects,
        stale=False,
    )
