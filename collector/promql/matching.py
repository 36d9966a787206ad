"""Which series of two vectors meet, and what the results are called."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from collector.promql.block import Block, Floats, Mask, Objects, both, merge_equal, new_present
from collector.promql.columns import (
    METADATA,
    labels_text,
    matrix,
    only,
    row_ids,
    stack,
    with_column,
    without,
)
from collector.promql.errors import ExecutionError
from collector.promql.parser.ast import Binary, VectorMatching
from collector.promql.parser.tokens import ARITHMETIC
from collector.promql.run import Run
from collector.storage.symbols import LabelTable
from pharos.labels import METRIC_NAME

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Series that meet: R pairs, T steps. `many`: labels of the many side (or of the left one), `one`: of the other; `group`: int64[R],
    the match group of each pair; `present`: where both sides have a sample."""

    many: LabelTable
    one: LabelTable
    group: Rows
    left_values: Floats
    right_values: Floats
    left_hist: Objects | None
    right_hist: Objects | None
    present: Mask | None
    drop_name: Mask | None


def pair(node: Binary, left: Block, right: Block) -> Pairs:
    """All pairs of an arithmetic or comparison operator. Raises `ExecutionError` when the match is not unique enough."""
    rule = node.matching
    assert rule is not None
    many, one = (right, left) if rule.card == "one-to-many" else (left, right)
    many_keys, one_keys, groups = _keys(rule, many.labels, one.labels)
    _check_one_side(rule, many, one, one_keys, groups)
    many_rows, one_rows = _join(many_keys, one_keys, groups)
    pairs = _gather(rule, many, one, many_rows, one_rows, many_keys)
    if rule.card == "one-to-one":
        _check_single(
            pairs, "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
        )
    fills = _filled(rule, many, one, many_keys, one_keys, groups)
    return _stacked([pairs, *fills]) if fills else pairs


def result(run: Run, node: Binary, pairs: Pairs, values: Floats, present: Mask | None, hist: Objects | None) -> Block:
    """The pairs under their new names."""
    rule = node.matching
    assert rule is not None
    labels = _result_labels(run, node, rule, pairs)
    if rule.card != "one-to-one":
        _check_groups(labels, pairs)
    block = Block(labels, values, None if present is None else new_present(present), hist).compact()
    if node.return_bool and run.delayed_names:
        block = replace(block, drop_name=np.ones(len(block), np.bool_))
    return merge_equal(block)


def set_operation(node: Binary, left: Block, right: Block) -> Block:
    """`and`, `or`, `unless`."""
    rule = node.matching
    assert rule is not None
    left_keys, right_keys, groups = _keys(rule, left.labels, right.labels)
    if node.op == "or":
        seen = _any_present(left, left_keys, groups)
        extra = right.mask() & ~seen[right_keys]
        rest = replace(right, present=new_present(extra)).compact()
        return merge_equal(stack_blocks([left, rest]))
    seen = _any_present(right, right_keys, groups)[left_keys]
    kept = left.mask() & (seen if node.op == "and" else ~seen)
    return replace(left, present=new_present(kept), ordered=False).compact()


def stack_blocks(blocks: list[Block]) -> Block:
    """Series of several blocks below each other."""
    blocks = [block for block in blocks if len(block)] or blocks[:1]
    if len(blocks) == 1:
        return replace(blocks[0], ordered=False)
    present = hist = drop = None
    if any(block.present is not None for block in blocks):
        present = np.concatenate([block.mask() for block in blocks])
    if any(block.hist is not None for block in blocks):
        hist = np.concatenate([np.full(b.values.shape, None, object) if b.hist is None else b.hist for b in blocks])
    if any(block.drop_name is not None for block in blocks):
        drop = np.concatenate([np.zeros(len(b), np.bool_) if b.drop_name is None else b.drop_name for b in blocks])
    labels = stack([block.labels for block in blocks])
    return Block(labels, np.concatenate([block.values for block in blocks]), present, hist, drop)


def _keys(rule: VectorMatching, left: LabelTable, right: LabelTable) -> tuple[Rows, Rows, int]:
    """The match group of each series of both sides, numbered together."""
    if rule.on:
        names = rule.labels
    else:
        gone = {METRIC_NAME, *rule.labels}
        names = tuple(name for name in dict.fromkeys(left.names + right.names) if name not in gone)
    keys, count = row_ids(np.concatenate([matrix(left, names), matrix(right, names)]))
    return keys[: len(left)], keys[len(left) :], count


def _any_present(block: Block, keys: Rows, groups: int) -> Mask:
    """bool[groups, T]: whether any series of a group has a sample."""
    steps = block.values.shape[1]
    if block.present is None:
        out = np.zeros((groups, steps), np.bool_)
        out[keys] = True
        return out
    counts = np.zeros((groups, steps), np.int64)
    np.add.at(counts, keys, block.present)
    return counts > 0


def _check_one_side(rule: VectorMatching, many: Block, one: Block, keys: Rows, groups: int) -> None:
    sizes = np.bincount(keys, minlength=groups)
    if (sizes <= 1).all():
        return
    filled = rule.fill_left is not None or rule.fill_right is not None
    active = np.ones(one.values.shape[1], np.bool_) if filled else many.mask().any(axis=0)
    mask = one.mask() & active
    for key in np.nonzero(sizes > 1)[0].tolist():
        rows = np.nonzero(keys == key)[0]
        step = np.nonzero(mask[rows].sum(axis=0) > 1)[0]
        if len(step):
            first, second = rows[mask[rows, step[0]]][:2]
            raise ExecutionError(_duplicate_text(rule, one.labels, int(first), int(second)))


def _duplicate_text(rule: VectorMatching, labels: LabelTable, first: int, second: int) -> str:
    side = "left" if rule.card == "one-to-many" else "right"
    group = only(labels, rule.labels) if rule.on else without(labels, {METRIC_NAME, *rule.labels})
    shown = [labels_text(labels.labels(row)) for row in (second, first)]
    return (
        f"found duplicate series for the match group {labels_text(group.labels(second))} on the {side} hand-side of the operation: "
        f"[{shown[0]}, {shown[1]}];many-to-many matching not allowed: matching labels must be unique on one side"
    )


def _join(many_keys: Rows, one_keys: Rows, groups: int) -> tuple[Rows, Rows]:
    """Every pair of rows with equal keys, in the order of the many side."""
    order = np.argsort(one_keys, kind="stable")
    sizes = np.bincount(one_keys, minlength=groups)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    partners = sizes[many_keys]
    many_rows = np.repeat(np.arange(len(many_keys)), partners)
    if len(many_rows) == 0:
        return many_rows, many_rows
    offset = np.arange(len(many_rows)) - np.repeat(np.cumsum(partners) - partners, partners)
    return many_rows, order[starts[many_keys[many_rows]] + offset]


def _gather(rule: VectorMatching, many: Block, one: Block, many_rows: Rows, one_rows: Rows, many_keys: Rows) -> Pairs:
    a, b = many.rows(many_rows), one.rows(one_rows)
    left, right = (b, a) if rule.card == "one-to-many" else (a, b)
    present = both(a.present, b.present)
    return Pairs(
        a.labels, b.labels, many_keys[many_rows], left.values, right.values, left.hist, right.hist, present, a.drop_name
    )


def _check_single(pairs: Pairs, text: str) -> None:
    """No two pairs of one match group at one step."""
    if len(np.unique(pairs.group)) == len(pairs.group):
        return
    _, keys = np.unique(pairs.group, return_inverse=True)
    if _meet(keys, pairs.present, pairs.left_values.shape):
        raise ExecutionError(text)


def _meet(keys: Rows, present: Mask | None, shape: tuple[int, ...]) -> bool:
    mask = np.ones(shape, np.bool_) if present is None else present
    counts = np.zeros((int(keys.max()) + 1, shape[1]), np.int64)
    np.add.at(counts, keys, mask)
    return bool((counts > 1).any())


def _check_groups(labels: LabelTable, pairs: Pairs) -> None:
    if len(labels) == 0:
        return
    keys, count = row_ids(np.column_stack([labels.codes, pairs.group.astype(np.int32)]))
    if count < len(labels) and _meet(keys, pairs.present, pairs.left_values.shape):
        raise ExecutionError("multiple matches for labels: grouping labels must ensure unique matches")


def _filled(rule: VectorMatching, many: Block, one: Block, many_keys: Rows, one_keys: Rows, groups: int) -> list[Pairs]:
    """Pairs with a fill value in place of a missing partner."""
    out = []
    if rule.fill_right is not None:  # for the missing "one" side, even when that stands on the left, as in Prometheus
        alone = many.mask() & ~_any_present(one, one_keys, groups)[many_keys]
        out.append(_lonely(rule, many, alone, rule.fill_right, many_keys, is_many=True))
    if rule.fill_left is not None:
        alone = one.mask() & ~_any_present(many, many_keys, groups)[one_keys]
        out.append(_lonely(rule, one, alone, rule.fill_left, one_keys, is_many=False))
    return [pairs for pairs in out if len(pairs.group)]


def _lonely(rule: VectorMatching, block: Block, alone: Mask, fill: float, keys: Rows, *, is_many: bool) -> Pairs:
    rows = np.nonzero(alone.any(axis=1))[0]
    own = block.rows(rows)
    other = only(own.labels, rule.labels) if rule.on else without(own.labels, {METRIC_NAME, *rule.labels})
    constant = np.full(own.values.shape, fill)
    own_is_left = is_many != (rule.card == "one-to-many")
    return Pairs(
        own.labels if is_many else other,
        other if is_many else own.labels,
        keys[rows],
        own.values if own_is_left else constant,
        constant if own_is_left else own.values,
        own.hist if own_is_left else None,
        None if own_is_left else own.hist,
        alone[rows],
        None,
    )


def _stacked(parts: list[Pairs]) -> Pairs:
    def objects(items: list[Objects | None]) -> Objects | None:
        if all(item is None for item in items):
            return None
        filled = zip(items, parts, strict=True)
        return np.concatenate([np.full(p.left_values.shape, None, object) if i is None else i for i, p in filled])

    masks = [np.ones(p.left_values.shape, np.bool_) if p.present is None else p.present for p in parts]
    return Pairs(
        stack([p.many for p in parts]),
        stack([p.one for p in parts]),
        np.concatenate([p.group for p in parts]),
        np.concatenate([p.left_values for p in parts]),
        np.concatenate([p.right_values for p in parts]),
        objects([p.left_hist for p in parts]),
        objects([p.right_hist for p in parts]),
        np.concatenate(masks),
        None,
    )


def _result_labels(run: Run, node: Binary, rule: VectorMatching, pairs: Pairs) -> LabelTable:
    labels = pairs.many
    if node.op in ARITHMETIC or (node.return_bool and not run.delayed_names):
        labels = without(labels, METADATA)
    if rule.card == "one-to-one":
        labels = only(labels, rule.labels) if rule.on else without(labels, rule.labels)
    for name in rule.include:
        labels = with_column(labels, name, pairs.one.column(name))
    return labels
