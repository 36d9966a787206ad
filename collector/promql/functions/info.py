"""`info(v, {selector})`: adds the labels of info metrics (such as `target_info`) of the same instance and job."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from collector.promql.block import Block, Mask, Value, new_present
from collector.promql.columns import labels_text, matrix, row_ids, stack
from collector.promql.errors import ExecutionError
from collector.promql.functions.host import Host, Table
from collector.promql.instants import instant_vector
from collector.promql.parser.ast import Call, Expr, Subquery, TimeShift, VectorSelector, children
from collector.promql.steps import Steps
from collector.storage.symbols import LabelTable
from pharos.labels import METRIC_NAME, Labels
from pharos.matchers import Matcher, MatchOp
from pharos.regex import compile_re2

IDENTIFYING = ("instance", "job")
TARGET_INFO = "target_info"


def _info(host: Host, node: Call, steps: Steps) -> Value:
    block = host.block(node.args[0], steps)
    asked = node.args[1].matchers if len(node.args) > 1 and isinstance(node.args[1], VectorSelector) else []
    names = [matcher for matcher in asked if matcher.name == METRIC_NAME]
    names = _effective(names) if asked or names else [Matcher(METRIC_NAME, MatchOp.EQUAL, TARGET_INFO)]
    data = [matcher for matcher in asked if matcher.name != METRIC_NAME]
    if len(block) == 0:
        return block
    own = [block.labels.symbols.text(code) for code in block.labels.column(METRIC_NAME).tolist()]
    ignored = np.array([all(matcher.matches_value(name) for matcher in names) for name in own], np.bool_)
    found, times = _info_series(host, node.args[0], block.labels, ignored, [*data, *names], steps)
    return host.merged(_enriched(host, block, ignored, found, times, data))


def _effective(names: list[Matcher]) -> list[Matcher]:
    if any(matcher.op in (MatchOp.EQUAL, MatchOp.REGEX) for matcher in names):
        return names
    if names:
        return [Matcher(METRIC_NAME, MatchOp.REGEX, ".+_info"), *names]
    return [Matcher(METRIC_NAME, MatchOp.EQUAL, TARGET_INFO)]


def _info_series(
    host: Host, arg: Expr, labels: LabelTable, ignored: Mask, matchers: list[Matcher], steps: Steps
) -> tuple[Block, NDArray[np.int64]]:
    shift = next(_shifts(arg, []), TimeShift())
    ends = host.ends(shift, steps)
    wanted = []
    for name in IDENTIFYING:
        codes = np.unique(labels.column(name)[~ignored])
        values = [labels.symbols.text(code) for code in codes.tolist() if code]
        if values:
            wanted.append(Matcher(name, MatchOp.REGEX, "|".join(_escaped(value) for value in values)))
    lookback = host.run.lookback_ms
    if not wanted:
        none = Block(host.run.space.empty(), np.zeros((0, steps.count)))
        return none, np.zeros((0, steps.count), np.int64)
    table, parts = host.run.select([*wanted, *matchers], ends.start - lookback + 1, ends.end)
    found, times = instant_vector(table, parts, ends.times, lookback)
    if found.hist_cells():
        raise ExecutionError("info sample should be float")
    return found, np.broadcast_to(times, found.values.shape)


def _escaped(text: str) -> str:
    escaped = "".join(f"\\{char}" if char in r"\.+*?()|[]{}^$" else char for char in text)
    compile_re2(escaped)
    return escaped


def _shifts(node: Expr, around: list[Subquery]) -> Iterator[TimeShift]:
    """The time shift of each selector, that of the subqueries around it added."""
    if isinstance(node, VectorSelector):
        shift = node.shift
        combined = TimeShift(shift.offset_ms, shift.offset_expr, shift.at_ms, shift.edge)
        for outer in reversed(around):
            if combined.has_at:
                break
            combined.offset_ms += outer.shift.offset_ms
            combined.at_ms, combined.edge = outer.shift.at_ms, outer.shift.edge
        yield combined
    inner = [*around, node] if isinstance(node, Subquery) else around
    for child in children(node):
        yield from _shifts(child, inner)


def _enriched(
    host: Host, block: Block, ignored: Mask, found: Block, times: NDArray[np.int64], data: list[Matcher]
) -> Block:
    """Each series at each step with the labels of the info series that belong to it there."""
    keys, _ = row_ids(np.concatenate([matrix(block.labels, IDENTIFYING), matrix(found.labels, IDENTIFYING)]))
    base_keys, info_keys = keys[: len(block)], keys[len(block) :]
    names = {matcher.name for matcher in data}
    allow_bare = all(matcher.matches_value("") for matcher in data)
    by_key: dict[int, list[int]] = {}
    for row, key in enumerate(info_keys.tolist()):
        by_key.setdefault(key, []).append(row)
    info_labels = [found.labels.labels(row) for row in range(len(found))]
    info_mask = found.mask()
    base_mask = block.mask()
    tables: list[LabelTable] = []
    rows: list[int] = []
    masks: list[Mask] = []
    for row in range(len(block)):
        labels = block.labels.labels(row)
        if ignored[row]:
            variants: dict[tuple[tuple[str, str], ...], Mask] = {tuple(labels.items()): base_mask[row]}
        else:
            near = by_key.get(int(base_keys[row]), [])
            variants = {}
            for pattern, here in _patterns(near, info_mask, base_mask[row]):
                for chosen, at in _newest(pattern, info_labels, times, here):
                    extra = _extra_labels(labels, [info_labels[index] for index in chosen], names)
                    if not chosen and not allow_bare:
                        continue
                    key = tuple(sorted({**labels, **extra}.items()))
                    variants[key] = variants.get(key, np.zeros(len(at), np.bool_)) | at
        for key, mask in variants.items():
            tables.append(host.run.space.row(key))
            rows.append(row)
            masks.append(mask)
    return _rebuilt(host, block, tables, rows, masks)


def _patterns(near: list[int], info_mask: Mask, base: Mask) -> Iterator[tuple[list[int], Mask]]:
    """Which info series are there, and the steps at which just these are."""
    if not near:
        yield [], base
        return
    kinds, place = np.unique(info_mask[near].T, axis=0, return_inverse=True)
    for number, kind in enumerate(kinds):
        here = base & (place.ravel() == number)
        if here.any():
            yield [index for index, there in zip(near, kind.tolist(), strict=True) if there], here


def _newest(
    rows: list[int], labels: list[Labels], times: NDArray[np.int64], here: Mask
) -> Iterator[tuple[list[int], Mask]]:
    """Of each info metric the series with the newest sample. Raises `ExecutionError` when two are equally new."""
    if len({labels[row].get(METRIC_NAME) for row in rows}) == len(rows):
        yield rows, here
        return
    for step in np.nonzero(here)[0].tolist():
        best: dict[str, int] = {}
        for row in rows:
            name = labels[row].get(METRIC_NAME, "")
            known = best.get(name)
            if known is not None and times[known, step] == times[row, step]:
                shown = [f"{labels_text(labels[index])} @ {times[index, step]}" for index in (known, row)]
                raise ExecutionError(f"found duplicate series for info metric: existing {shown[0]}, new {shown[1]}")
            if known is None or times[known, step] < times[row, step]:
                best[name] = row
        single = np.zeros(len(here), np.bool_)
        single[step] = True
        yield list(best.values()), single


def _extra_labels(base: Labels, infos: list[Labels], names: set[str]) -> Labels:
    extra: Labels = {}
    for info in infos:
        for name, value in info.items():
            if name == METRIC_NAME or (names and name not in names):
                continue
            if extra.get(name, value) != value:
                raise ExecutionError(f"conflicting label: {name}")
            if name not in base:
                extra[name] = value
    return extra


def _rebuilt(host: Host, block: Block, tables: list[LabelTable], rows: list[int], masks: list[Mask]) -> Block:
    index = np.array(rows, np.int64)
    labels = stack(tables) if tables else host.run.space.empty()
    mask = np.array(masks) if masks else np.zeros((0, block.values.shape[1]), np.bool_)
    return replace(block.rows(index), labels=labels, present=new_present(mask), ordered=False).compact()


FUNCTIONS: Table = {"info": _info}
