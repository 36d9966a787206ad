"""Functions on labels: label_replace, label_join, sorting, absent."""

import functools
import re
from collections import Counter
from dataclasses import replace

import numpy as np

from collector.promql.block import Block, Mask, Value, new_present
from collector.promql.columns import label_order, with_column
from collector.promql.errors import ExecutionError
from collector.promql.functions.elementwise import floats_only
from collector.promql.functions.host import Host, Table
from collector.promql.kernels.gosort import sorted_places
from collector.promql.parser.ast import Call, Expr, MatrixSelector, VectorSelector, unwrap
from collector.promql.steps import Steps
from pharos.labels import METRIC_NAME, is_valid_utf8_name
from pharos.matchers import MatchOp
from pharos.regex import RegexError, anchored

SORT_IN_RANGE = "sort is ineffective for range queries since results are always ordered by labels"


def _label_replace(host: Host, node: Call, steps: Steps) -> Value:
    target, replacement, source, pattern = (host.text(arg) for arg in node.args[1:])
    try:
        regex = anchored(pattern)
    except RegexError as error:
        raise ExecutionError(f"invalid regular expression in label_replace(): {pattern}") from error
    if not is_valid_utf8_name(target):
        raise ExecutionError(f"invalid destination label name in label_replace(): {target}")
    block = host.block(node.args[0], steps)
    symbols = block.labels.symbols
    used, place = np.unique(block.labels.column(source), return_inverse=True)
    expanded = [regex.expand(symbols.text(code), replacement) for code in used.tolist()]
    hit = np.array([text is not None for text in expanded], np.bool_)[place]
    codes = np.array([symbols.intern(text or "") for text in expanded], np.int32)[place]
    column = np.where(hit, codes, block.labels.column(target)).astype(np.int32)
    return _relabelled(host, block, target, column, hit)


def _label_join(host: Host, node: Call, steps: Steps) -> Value:
    target, separator, *sources = (host.text(arg) for arg in node.args[1:])
    for source in sources:
        if not is_valid_utf8_name(source):
            raise ExecutionError(f"invalid source label name in label_join(): {source}")
    if not is_valid_utf8_name(target):
        raise ExecutionError(f"invalid destination label name in label_join(): {target}")
    block = host.block(node.args[0], steps)
    symbols = block.labels.symbols
    columns = [block.labels.column(source).tolist() for source in sources]
    joined = [separator.join(symbols.text(code) for code in codes) for codes in zip(*columns, strict=True)]
    if not sources:
        joined = [""] * len(block)
    column = np.array([symbols.intern(text) for text in joined], np.int32)
    return _relabelled(host, block, target, column, np.ones(len(block), np.bool_))


def _relabelled(
    host: Host, block: Block, target: str, column: "np.ndarray[tuple[int], np.dtype[np.int32]]", hit: Mask
) -> Block:
    drop = block.drop_name
    if drop is not None and target == METRIC_NAME:
        drop = drop & ~hit
    return host.merged(replace(block, labels=with_column(block.labels, target, column), drop_name=drop, ordered=False))


def _sort(host: Host, node: Call, steps: Steps) -> Value:
    block = host.block(node.args[0], steps)
    _warn_range(host, node)
    block = floats_only(block)
    if steps.count != 1:
        return block
    keys = block.values[:, 0]
    order = sorted_places(-keys if node.function.name == "sort_desc" else keys)
    return replace(block.rows(order), ordered=True)


def _warn_range(host: Host, node: Call) -> None:
    if host.run.plan.start_ms != host.run.plan.end_ms:
        host.run.notes.warn(SORT_IN_RANGE, node.span)


def _sort_by_label(host: Host, node: Call, steps: Steps) -> Value:
    block = host.block(node.args[0], steps)
    _warn_range(host, node)
    if steps.count != 1:
        return block
    names = [host.text(arg) for arg in node.args[1:]]
    rank = np.empty(len(block), np.int64)
    rank[label_order(block.labels)] = np.arange(len(block))
    texts = [[block.labels.symbols.text(code) for code in block.labels.column(name).tolist()] for name in names]

    def compare(a: int, b: int) -> int:
        for column in texts:
            if column[a] != column[b]:
                return -1 if natural_key(column[a]) < natural_key(column[b]) else 1
        return int(rank[a]) - int(rank[b])

    order = sorted(range(len(block)), key=functools.cmp_to_key(compare))
    if node.function.name == "sort_by_label_desc":
        order.reverse()
    return replace(block.rows(np.array(order, np.int64)), ordered=True)


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Digits compare as numbers: `a2` before `a10`."""
    return [(0, int(part), part) if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", text)]


def _absent(host: Host, node: Call, steps: Steps) -> Value:
    block = host.block(node.args[0], steps)
    return absence(host, node.args[0], ~block.any_present())


def absence(host: Host, arg: Expr, missing: Mask) -> Block:
    """1 where nothing was found, with the labels the selector asked for."""
    labels = host.run.space.row(sorted(_wanted_labels(arg).items()))
    return Block(labels, np.ones((1, len(missing))), new_present(missing[None, :])).compact()


def _wanted_labels(arg: Expr) -> dict[str, str]:
    selector = unwrap(arg)
    if isinstance(selector, MatrixSelector):
        selector = selector.vector
    if not isinstance(selector, VectorSelector):
        return {}
    matchers = [matcher for matcher in selector.matchers if matcher.name != METRIC_NAME]
    uses = Counter(matcher.name for matcher in matchers)
    return {m.name: m.value for m in matchers if m.op is MatchOp.EQUAL and uses[m.name] == 1}


FUNCTIONS: Table = {
    "label_replace": _label_replace,
    "label_join": _label_join,
    "sort": _sort,
    "sort_desc": _sort,
    "sort_by_label": _sort_by_label,
    "sort_by_label_desc": _sort_by_label,
    "absent": _absent,
}
