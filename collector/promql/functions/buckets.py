"""Functions of histograms, classic and native."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from collector.histogram import FloatHistogram
from collector.promql.aggregate import warn_quantiles
from collector.promql.annotations import Monotonicity, for_metric
from collector.promql.block import Block, Floats, Mask, Value, new_present
from collector.promql.columns import row_ids, take, with_column, without
from collector.promql.errors import Span
from collector.promql.functions.host import Host, Table
from collector.promql.histograms import quantile as native
from collector.promql.histograms.buckets import all_buckets, is_custom
from collector.promql.kernels import classic
from collector.promql.matching import stack_blocks
from collector.promql.parser.ast import Call, bare_span
from collector.promql.parser.quoting import go_quote
from collector.promql.run import Run
from collector.promql.steps import Steps
from collector.storage.symbols import LabelTable
from pharos.exposition import format_value
from pharos.labels import METRIC_NAME

BUCKET_LABEL = "le"
MONOTONIC = (
    "input to histogram_quantile needed to be fixed for monotonicity "
    "(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
)
REMARKS = {
    "nan-result": "input to histogram_quantile has NaN observations, result is NaN",
    "nan-skew": "input to histogram_quantile has NaN observations, result is skewed higher",
    "nan-excluded": "input to histogram_fraction has NaN observations, which are excluded from all fractions",
}

NativeFunction = Callable[[FloatHistogram, int], tuple[float, native.Remark]]
ClassicFunction = Callable[[Floats, Floats], tuple[Floats, classic.Repair | None]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Classic histograms with the same bounds: G of them, at the steps where all buckets are there. rows: int64[G, B] into the block."""

    bounds: Floats
    rows: NDArray[np.int64]


def _simple(function: Callable[[FloatHistogram], float], host: Host, node: Call, steps: Steps) -> Value:
    """A number out of each native histogram; floats vanish."""
    block = host.block(node.args[0], steps)
    values, mask = np.zeros(block.values.shape), np.zeros(block.values.shape, np.bool_)
    for row, step in block.hist_cells():
        values[row, step] = function(block.hist[row, step])  # type: ignore[index]
        mask[row, step] = True
    return host.drop(replace(block, values=values, present=new_present(mask), hist=None).compact())


def _average(h: FloatHistogram) -> float:
    return (
        float(np.divide(h.sum, h.count))
        if h.count
        else math.nan
        if h.sum == 0 or math.isnan(h.sum)
        else math.copysign(math.inf, h.sum)
    )


def _variance(h: FloatHistogram) -> float:
    mean = _average(h)
    terms = [b.count * (_middle(b.lower, b.upper, custom=is_custom(h)) - mean) ** 2 for b in all_buckets(h) if b.count]
    with np.errstate(all="ignore"):
        return float(np.divide(sum(terms), h.count))


def _middle(lower: float, upper: float, *, custom: bool) -> float:
    if custom:
        return (upper + lower) / 2
    if lower <= 0 <= upper:
        return 0.0
    middle = math.sqrt(upper * lower)
    return -middle if upper < 0 else middle


def _quantile(host: Host, node: Call, steps: Steps) -> Value:
    q = host.scalar(node.args[0], steps)
    block = host.block(node.args[1], steps)
    warn_quantiles(host.run, q, bare_span(node.args[0]))
    return host.drop(_quantiles_of(host.run, block, q, steps, bare_span(node.args[1])), strict=False)


def _quantiles_of(run: Run, block: Block, q: Floats, steps: Steps, span: Span) -> Block:
    def classic_quantile(bounds: Floats, counts: Floats) -> tuple[Floats, classic.Repair]:
        with np.errstate(all="ignore"):
            repaired, repair = classic.monotonic(bounds, counts)
            repair.forced[:, ~((q >= 0) & (q <= 1))] = False  # no bucket is looked at there
            return classic.quantile(q, bounds, repaired), repair

    return _evaluated(run, block, steps, span, lambda h, step: native.quantile(float(q[step]), h), classic_quantile)


def _quantiles(host: Host, node: Call, steps: Steps) -> Value:
    block = host.block(node.args[0], steps)
    label = host.text(node.args[1])
    results: list[Block] = []
    for arg in node.args[2:]:
        q = host.scalar(arg, steps)
        warn_quantiles(host.run, q, bare_span(arg))
        result = _quantiles_of(host.run, block, q, steps, bare_span(node.args[0]))
        if len(result):
            results.extend(_labelled(result, label, q))
    return host.drop(stack_blocks(results) if results else block.rows(np.zeros(0, np.int64)))


def _labelled(result: Block, label: str, q: Floats) -> Iterator[Block]:
    """One block per distinct quantile, since the label says which it is."""
    for value in np.unique(q).tolist():
        here = np.isnan(q) if math.isnan(value) else q == value
        code = result.labels.symbols.intern(_open_metrics(value))
        labels = with_column(result.labels, label, np.full(len(result), code, np.int32))
        present = result.present if here.all() else new_present(result.mask() & here)
        yield replace(result, labels=labels, present=present).compact()


def _open_metrics(value: float) -> str:
    text = format_value(value)
    return text if any(char in text for char in ".eIN") else text + ".0"


def _fraction(host: Host, node: Call, steps: Steps) -> Value:
    lower, upper = host.scalar(node.args[0], steps), host.scalar(node.args[1], steps)
    block = host.block(node.args[2], steps)
    return host.drop(
        _evaluated(
            host.run,
            block,
            steps,
            bare_span(node.args[2]),
            lambda h, step: native.fraction(float(lower[step]), float(upper[step]), h),
            lambda bounds, counts: (classic.fraction(lower, upper, bounds, counts), None),
        )
    )


def _evaluated(
    run: Run, block: Block, steps: Steps, span: Span, on_native: NativeFunction, on_classic: ClassicFunction
) -> Block:
    """Native histograms cell by cell, classic ones layout by layout; where both have the same labels there is no result."""
    conflicts = _conflicts(run, block, span)
    results = []
    if block.hist is not None:
        results.append(_native(run, block, span, on_native, conflicts))
    results.extend(_classic(run, block, steps, span, on_classic, conflicts))
    results = [result.compact() for result in results]
    return stack_blocks(results) if results else block.rows(np.zeros(0, np.int64))


def _identity(labels: LabelTable) -> tuple[NDArray[np.int64], int]:
    return row_ids(without(labels, [BUCKET_LABEL]).codes)


def _conflicts(run: Run, block: Block, span: Span) -> Mask | None:
    """bool[identities, T]: steps at which a classic and a native histogram have the same labels."""
    if block.hist is None:
        return None
    ids, count = _identity(block.labels)
    floats = block.float_mask()
    assert floats is not None
    readable = ~np.isnan(_bounds(block.labels))
    classic_at = np.zeros((count, floats.shape[1]), np.int64)
    np.add.at(classic_at, ids[readable], floats[readable])
    bare = block.labels.column(BUCKET_LABEL) == 0
    out = np.zeros(classic_at.shape, np.bool_)
    for row, step in block.hist_cells():
        if bare[row] and classic_at[ids[row], step]:
            out[ids[row], step] = True
            run.notes.warn(
                for_metric("vector contains a mix of classic and native histograms", _shown(run, block, row)), span
            )
    return out


def _shown(run: Run, block: Block, row: int) -> str:
    """A metric's name, as far as messages show it."""
    if not run.delayed_names:
        return ""
    return block.labels.symbols.text(int(block.labels.column(METRIC_NAME)[row]))


def _native(run: Run, block: Block, span: Span, function: NativeFunction, conflicts: Mask | None) -> Block:
    values, mask = np.zeros(block.values.shape), np.zeros(block.values.shape, np.bool_)
    ids, _ = _identity(block.labels)
    bare = block.labels.column(BUCKET_LABEL) == 0
    for row, step in block.hist_cells():
        if conflicts is not None and bare[row] and conflicts[ids[row], step]:
            continue
        values[row, step], remark = function(block.hist[row, step], step)  # type: ignore[index]
        mask[row, step] = True
        if remark:
            run.notes.info(for_metric(REMARKS[remark], _shown(run, block, row)), span)
    return replace(block, values=values, present=new_present(mask), hist=None)


def _bounds(labels: LabelTable) -> Floats:
    """The `le` of each series as a number, NaN where it is none."""
    used, place = np.unique(labels.column(BUCKET_LABEL), return_inverse=True)
    return np.array([_bound(labels.symbols.text(code)) for code in used.tolist()], np.float64)[place]


def _bound(text: str) -> float:
    try:
        return float(text) if text.strip() == text and "_" not in text else math.nan
    except ValueError:
        return math.nan


def _classic(
    run: Run, block: Block, steps: Steps, span: Span, function: ClassicFunction, conflicts: Mask | None
) -> Iterator[Block]:
    floats = block.float_mask()
    rows = np.arange(len(block)) if floats is None else np.nonzero(floats.any(axis=1))[0]
    bounds = _bounds(block.labels)
    for row in rows[np.isnan(bounds[rows])].tolist():
        text = block.labels.symbols.text(int(block.labels.column(BUCKET_LABEL)[row]))
        what = f'bucket label "le" is missing or has a malformed value of {go_quote(text)}'
        run.notes.warn(for_metric(what, _shown(run, block, row)), span)
    rows = rows[~np.isnan(bounds[rows])]
    if not len(rows):
        return
    ids, _ = _identity(block.labels)
    for layout in _layouts(rows, ids, bounds):
        yield _layout_result(run, block, steps, span, function, layout, floats, conflicts, ids)


def _layouts(rows: NDArray[np.int64], ids: NDArray[np.int64], bounds: Floats) -> Iterator[Layout]:
    """Histograms put together by their bounds."""
    order = rows[np.lexsort((bounds[rows], ids[rows]))]
    starts = np.nonzero(np.concatenate([[True], ids[order][1:] != ids[order][:-1]]))[0]
    ends = np.append(starts[1:], len(order))
    lengths = ends - starts
    for length in np.unique(lengths).tolist():
        index = starts[lengths == length][:, None] + np.arange(length)
        members = order[index]
        _, kind = np.unique(bounds[members], axis=0, return_inverse=True)
        for number in range(int(kind.max()) + 1):
            chosen = members[kind.ravel() == number]
            yield Layout(bounds[chosen[0]], chosen)


def _layout_result(
    run: Run,
    block: Block,
    steps: Steps,
    span: Span,
    function: ClassicFunction,
    layout: Layout,
    floats: Mask | None,
    conflicts: Mask | None,
    ids: NDArray[np.int64],
) -> Block:
    head = layout.rows[:, 0]
    labels = without(take(block.labels, head), [BUCKET_LABEL])
    drop = None if block.drop_name is None else block.drop_name[head]
    shape = (len(head), steps.count)
    counts = block.values[layout.rows]
    if floats is None or floats[layout.rows].all():
        values, repair = _computed(layout.bounds, counts, function)
        mask = np.ones(shape, np.bool_)
        _report(run, block, head, steps, span, repair, mask)
    else:
        values, mask = _partial(run, block, steps, span, function, layout, floats)
    if conflicts is not None:
        mask &= ~conflicts[ids[head]]
    return Block(labels, values, new_present(mask), None, drop)


def _computed(bounds: Floats, counts: Floats, function: ClassicFunction) -> tuple[Floats, classic.Repair | None]:
    """counts: float64[G, B, T]; buckets with equal bounds are added up first."""
    distinct, place = np.unique(bounds, return_inverse=True)
    if len(distinct) < len(bounds):
        merged = np.zeros((counts.shape[0], len(distinct), counts.shape[2]))
        for index, to in enumerate(place.tolist()):
            merged[:, to] += counts[:, index]
        bounds, counts = distinct, merged
    return function(bounds, counts)


def _partial(
    run: Run, block: Block, steps: Steps, span: Span, function: ClassicFunction, layout: Layout, floats: Mask
) -> tuple[Floats, Mask]:
    """Histograms of which some buckets are missing at some steps: each set of present buckets is a layout of its own."""
    there = floats[layout.rows]  # bool[G, B, T]
    values = np.zeros((there.shape[0], there.shape[2]))
    mask = np.asarray(there.any(axis=1), np.bool_)
    patterns, place = np.unique(there.transpose(0, 2, 1).reshape(-1, there.shape[1]), axis=0, return_inverse=True)
    place = place.reshape(there.shape[0], there.shape[2])
    for number, pattern in enumerate(patterns):
        groups = np.nonzero((place == number).any(axis=1))[0]
        if not pattern.any() or not len(groups):
            continue
        counts = block.values[layout.rows[groups][:, pattern]]
        result, repair = _computed(layout.bounds[pattern], counts, function)
        here = place[groups] == number
        values[groups] = np.where(here, result, values[groups])
        _report(run, block, layout.rows[groups, 0], steps, span, repair, here)
    return values, mask


def _report(
    run: Run, block: Block, head: NDArray[np.int64], steps: Steps, span: Span, repair: classic.Repair | None, here: Mask
) -> None:
    if repair is None or not (repair.forced & here).any():
        return
    forced = repair.forced & here
    for group in np.nonzero(forced.any(axis=1))[0].tolist():
        at = np.nonzero(forced[group])[0]
        times = steps.times[at]
        facts = Monotonicity(
            int(times.min()),
            int(times.max()),
            float(repair.min_bucket[group, at].min()),
            float(repair.max_bucket[group, at].max()),
            float(repair.max_diff[group, at].max()),
            len(at),
        )
        run.notes.repaired(for_metric(MONOTONIC, _shown(run, block, int(head[group]))), span, facts)


FUNCTIONS: Table = {
    "histogram_avg": partial(_simple, _average),
    "histogram_count": partial(_simple, lambda h: h.count),
    "histogram_sum": partial(_simple, lambda h: h.sum),
    "histogram_stdvar": partial(_simple, _variance),
    "histogram_stddev": partial(_simple, lambda h: float(np.sqrt(_variance(h)))),
    "histogram_quantile": _quantile,
    "histogram_quantiles": _quantiles,
    "histogram_fraction": _fraction,
}
