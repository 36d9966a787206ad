"""`sum by (...) (...)` and its relatives."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.promql import histogram_sums
from collector.promql.block import Block, Floats, Mask, Objects, new_present
from collector.promql.columns import label_order, matrix, only, row_ids, take, with_column, without
from collector.promql.errors import ExecutionError, Span
from collector.promql.histograms.text import histogram_text
from collector.promql.kernels import grouping, topk
from collector.promql.kernels.grouping import Groups
from collector.promql.parser.ast import Aggregate, bare_span
from collector.promql.parser.numbers import format_float
from collector.promql.parser.quoting import go_quote
from collector.promql.ratio import sample_offsets
from collector.promql.run import Run
from collector.promql.steps import Steps
from collector.storage.symbols import LabelTable
from pharos.exposition import format_value
from pharos.labels import METRIC_NAME, is_valid_utf8_name

Kernel = Callable[[Groups, Floats, Mask | None], Floats]

FLOAT_ONLY: Final[dict[str, Kernel]] = {
    "min": lambda groups, values, mask: grouping.extremes(groups, values, mask, greatest=False),
    "max": lambda groups, values, mask: grouping.extremes(groups, values, mask, greatest=True),
    "stdvar": grouping.variances,
    "stddev": lambda groups, values, mask: np.sqrt(grouping.variances(groups, values, mask)),
}


def aggregate(run: Run, node: Aggregate, block: Block, param: Floats | str | None, steps: Steps) -> Block:
    """One aggregation. `param`: float64[T], or the label name of `count_values`."""
    if node.op == "count_values":
        assert isinstance(param, str)
        return _count_values(run, node, block, param)
    if len(block) == 0 and node.op not in ("topk", "bottomk", "limitk", "limit_ratio", "quantile"):
        return block
    groups = _groups(node, block.labels)
    if node.op in ("topk", "bottomk", "limitk"):
        assert isinstance(param, np.ndarray)
        return _select(run, node, block, groups, param)
    if node.op == "limit_ratio":
        assert isinstance(param, np.ndarray)
        return _ratio(run, node, block, groups, param)
    labels = _group_labels(node, block.labels, groups)
    if node.op == "quantile":
        assert isinstance(param, np.ndarray)
        return _quantile(run, node, block, groups, labels, param)
    if node.op in ("sum", "avg"):
        return _sum_or_mean(run, node, block, groups, labels)
    if node.op in ("count", "group"):
        number = grouping.counts(groups, block.present, steps.count)
        values = number if node.op == "count" else np.ones(number.shape)
        return _finished(block, groups, labels, values, new_present(number > 0))
    return _float_only(run, node, block, groups, labels, FLOAT_ONLY[node.op])


def _groups(node: Aggregate, labels: LabelTable) -> Groups:
    if node.without:
        names = [name for name in labels.names if name != METRIC_NAME and name not in node.grouping]
    else:
        names = [name for name in node.grouping if name in labels.names]
    return Groups(*row_ids(matrix(labels, names)))


def _group_labels(node: Aggregate, labels: LabelTable, groups: Groups) -> LabelTable:
    first = np.full(groups.count, len(labels), np.int64)
    np.minimum.at(first, groups.group, np.arange(len(labels)))
    rows = take(labels, first)
    return without(rows, {METRIC_NAME, *node.grouping}) if node.without else only(rows, node.grouping)


def _finished(
    block: Block, groups: Groups, labels: LabelTable, values: Floats, present: Mask | None, hist: Objects | None = None
) -> Block:
    drop: Mask | None = None
    if block.drop_name is not None and METRIC_NAME in labels.names:
        drop = np.bincount(groups.group, weights=block.drop_name, minlength=groups.count) > 0
    return Block(labels, values, present, hist, drop).compact()


def _float_only(run: Run, node: Aggregate, block: Block, groups: Groups, labels: LabelTable, kernel: Kernel) -> Block:
    """Aggregations that pass over native histograms."""
    mask = _ignoring_histograms(run, node, block)
    values = kernel(groups, block.values, mask)
    present = None if mask is None else new_present(grouping.counts(groups, mask, values.shape[1]) > 0)
    return _finished(block, groups, labels, values, present)


def _ignoring_histograms(run: Run, node: Aggregate, block: Block) -> Mask | None:
    if block.hist_cells():
        where = node.span if node.op in ("topk", "bottomk") else bare_span(node.expr)
        run.notes.info(f"ignored histogram in {node.op} aggregation", where)
    return block.float_mask()


def _quantile(run: Run, node: Aggregate, block: Block, groups: Groups, labels: LabelTable, q: Floats) -> Block:
    assert node.param is not None
    if len(q):
        lowest, highest = q.min(), q.max()
        warn_quantiles(run, np.array([min(lowest, 0.0), max(highest, 1.0)]), bare_span(node.param))
    if len(block) == 0:
        return block
    return _float_only(run, node, block, groups, labels, lambda g, v, m: grouping.quantiles(g, v, m, q))


def warn_quantiles(run: Run, q: Floats, span: Span) -> None:
    """Say so of each quantile that lies outside 0..1."""
    for value in np.unique(q[~((q >= 0) & (q <= 1))]).tolist():
        run.notes.warn(f"quantile value should be between 0 and 1, got {format_value(value)}", span)


def _sum_or_mean(run: Run, node: Aggregate, block: Block, groups: Groups, labels: LabelTable) -> Block:
    kernel = grouping.sums if node.op == "sum" else grouping.means
    if block.hist is None:
        values = kernel(groups, block.values, block.present)
        present = (
            None if block.present is None else new_present(grouping.counts(groups, block.present, values.shape[1]) > 0)
        )
        return _finished(block, groups, labels, values, present)
    floats = block.float_mask()
    assert floats is not None
    values = kernel(groups, block.values, floats)
    counted = grouping.counts(groups, floats, values.shape[1]) > 0
    hist: Objects = np.full(values.shape, None, object)
    cells: dict[tuple[int, int], list[int]] = {}
    for row, step in block.hist_cells():
        cells.setdefault((int(groups.group[row]), step), []).append(row)
    for (group, step), rows in cells.items():
        items = [block.hist[row, step] for row in rows]
        names = [block.labels.symbols.text(int(block.labels.column(METRIC_NAME)[row])) for row in rows]
        if counted[group, step]:
            members = np.nonzero(floats[:, step] & (groups.group == group))[0]
            before = np.searchsorted(rows, members[0])
            histogram_sums.warn_of_floats(run.notes, items, names, int(before), bare_span(node.expr))
            counted[group, step] = False
            continue
        result = histogram_sums.combined(run.notes, items, names, bare_span(node.expr), mean=node.op == "avg")
        hist[group, step] = result
        counted[group, step] = result is not None
    return _finished(block, groups, labels, values, new_present(counted), hist if cells else None)


def _select(run: Run, node: Aggregate, block: Block, groups: Groups, param: Floats) -> Block:
    """topk, bottomk, limitk: some of the series, with all their labels."""
    if len(param) == 0 or np.fmax.reduce(param) < 1:
        return block.rows(np.zeros(0, np.int64))
    if np.isnan(param).any():
        raise ExecutionError("Parameter value is NaN")
    if param.min() <= -(2.0**63):
        raise ExecutionError(f"Scalar value {format_value(float(param.min()))} underflows int64")
    if param.max() >= 9223372036854774784.0:
        raise ExecutionError(f"Scalar value {format_value(float(param.max()))} overflows int64")
    k = np.minimum(param.astype(np.int64), len(block))
    if node.op == "limitk":
        kept = block.mask() & (grouping.running_counts(groups, block.mask()) <= k)
        return _as_pushed(groups, block, kept)
    mask = _ignoring_histograms(run, node, block)
    greatest = node.op == "topk"
    kept = topk.chosen(groups, block.values, mask, k, greatest=greatest)
    if block.values.shape[1] != 1:
        return _kept(replace(block, hist=None), kept)
    there = None if mask is None else mask[:, 0]
    order = topk.in_order(groups, block.values[:, 0], kept[:, 0], there, int(k[0]), greatest=greatest)
    return replace(block.rows(order), present=None, hist=None, ordered=True)


def _kept(block: Block, kept: Mask) -> Block:
    return replace(block, present=new_present(kept), ordered=False).compact()


def _ratio(run: Run, node: Aggregate, block: Block, groups: Groups, param: Floats) -> Block:
    """A share of the series that is the same every time, by the hash of their labels."""
    assert node.param is not None
    if len(param) == 0 or not param.any():
        return block.rows(np.zeros(0, np.int64))
    if np.isnan(param).any():
        raise ExecutionError("Ratio value is NaN")
    for bad, cap in ((float(param.max()), 1.0), (float(param.min()), -1.0)):
        if (bad > 1) if cap > 0 else (bad < -1):
            text = f"ratio value should be between -1 and 1, got {format_value(bad)}, capping to {format_value(cap)}"
            run.notes.warn(text, bare_span(node.param))
    ratio = np.clip(param, -1, 1)
    offsets = sample_offsets(block.labels)[:, None]
    chosen = np.where(ratio >= 0, offsets < ratio, offsets >= 1 + ratio) & (ratio != 0)
    return _as_pushed(groups, block, block.mask() & chosen)


def _as_pushed(groups: Groups, block: Block, kept: Mask) -> Block:
    """What `limitk` and `limit_ratio` keep; at a single step in the order of the heap that Prometheus collects it in."""
    if block.values.shape[1] != 1:
        return _kept(block, kept)
    keys = block.values[:, 0]
    if block.hist is not None:
        keys = np.array([value if h is None else h.sum for value, h in zip(keys, block.hist[:, 0], strict=True)])
    rows = topk.pushed(groups, keys, kept[:, 0])
    return replace(block.rows(rows), present=None, ordered=True)


def _count_values(run: Run, node: Aggregate, block: Block, label: str) -> Block:
    if not is_valid_utf8_name(label):
        raise ExecutionError(f"invalid label name {go_quote(label)}")
    if len(block) == 0:
        return block
    gone = {METRIC_NAME, *node.grouping}
    base = without(block.labels, gone) if node.without else only(block.labels, node.grouping)
    ids, _ = row_ids(base.codes)
    rows, steps = np.nonzero(block.mask())
    kinds, texts = _value_texts(block, rows, steps)
    run.check()
    pairs, first, inverse = np.unique(ids[rows] * len(texts) + kinds, return_index=True, return_inverse=True)
    width = block.values.shape[1]
    run.check_room(len(pairs), width)
    counts = np.bincount(inverse * width + steps, minlength=len(pairs) * width).reshape(len(pairs), width)
    table = take(base, rows[first])
    shown = [texts[kind] for kind in (pairs % max(len(texts), 1)).tolist()]
    codes = np.array([block.labels.symbols.intern(text) for text in shown], np.int32)
    labels = table if node.without and label in node.grouping else with_column(table, label, codes)
    return _regrouped(labels, counts.astype(np.float64))


def _value_texts(
    block: Block, rows: NDArray[np.int64], steps: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[str]]:
    """For each cell the number of its text, and the texts; the same text may stand there twice."""
    bits, kinds = np.unique(block.values[rows, steps].view(np.int64), return_inverse=True)
    texts = [format_float(value) for value in bits.view(np.float64).tolist()]
    if block.hist is not None:
        for cell, histogram in enumerate(block.hist[rows, steps].tolist()):
            if histogram is not None:
                kinds[cell] = len(texts)
                texts.append(histogram_text(histogram))
    return kinds, texts


def _regrouped(labels: LabelTable, values: Floats) -> Block:
    """Counts of equal labels are one (`count_values("a", ...)` by a label that is set anew)."""
    ids, count = row_ids(labels.codes)
    if count < len(labels):
        merged = np.zeros((count, values.shape[1]))
        np.add.at(merged, ids, values)
        labels, values = take(labels, np.unique(ids, return_index=True)[1]), merged
    order = label_order(labels)
    return Block(take(labels, order), values[order], new_present(values[order] > 0))
