"""Binary operators between scalars, vectors and both. Which series meet is worked out once, for all steps."""

from dataclasses import replace

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.promql import matching
from collector.promql.block import Block, Floats, Mask, Objects, Scalar, Value, both, drop_names, holds, new_present
from collector.promql.histograms.arithmetic import (
    IncompatibleBucketsError,
    add,
    compacted,
    divide,
    equal,
    scale,
    subtract,
    with_hint,
)
from collector.promql.histograms.trim import trim
from collector.promql.kernels.operators import ARITHMETIC, COMPARISON
from collector.promql.parser.ast import Binary
from collector.promql.parser.tokens import SET_OPERATORS
from collector.promql.run import Run

Cell = float | FloatHistogram


def combine(run: Run, node: Binary, left: Value, right: Value) -> Value:
    """`left op right`."""
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return Scalar(_floats(node.op, left.values, right.values))
    if isinstance(left, Block) and isinstance(right, Block):
        if node.op in SET_OPERATORS:
            return matching.set_operation(node, left, right)
        return _vectors(run, node, left, right)
    if isinstance(left, Block) and isinstance(right, Scalar):
        return _vector_scalar(run, node, left, right.values, swapped=False)
    assert isinstance(left, Scalar)
    assert isinstance(right, Block)
    return _vector_scalar(run, node, right, left.values, swapped=True)


def _floats(op: str, left: Floats, right: Floats) -> Floats:
    with np.errstate(all="ignore"):
        if op in ARITHMETIC:
            return ARITHMETIC[op](left, right)
        return COMPARISON[op](left, right).astype(np.float64)


def _vector_scalar(run: Run, node: Binary, block: Block, scalar: Floats, *, swapped: bool) -> Block:
    left, right = (scalar, block.values) if swapped else (block.values, scalar)
    changes = node.op in ARITHMETIC or node.return_bool
    values, present = block.values, block.present
    if node.op in COMPARISON:
        with np.errstate(all="ignore"):
            kept = COMPARISON[node.op](left, right)
        if node.return_bool:
            values = kept.astype(np.float64)
        else:
            present = both(present, kept)
    elif node.op in ARITHMETIC:
        values = _floats(node.op, left, right)
    result = replace(block, values=values, present=present)
    if block.hist is not None or node.op not in {**ARITHMETIC, **COMPARISON}:
        result = _with_scalar_histograms(run, node, block, result, scalar, swapped=swapped)
    result = replace(result, present=None if result.present is None else new_present(result.present)).compact()
    return drop_names(replace(result, ordered=False), delayed=run.delayed_names) if changes else result


def _with_scalar_histograms(
    run: Run, node: Binary, block: Block, result: Block, scalar: Floats, *, swapped: bool
) -> Block:
    """The cells in which the vector has histograms; the operators `</` and `>/` know nothing else."""
    trims = node.op in ("</", ">/")
    floats = block.float_mask()
    hist: Objects = np.full(block.values.shape, None, object)
    present = result.mask().copy()
    if trims:
        if floats is None or floats.any():
            _incompatible(run, node, "float", "float")
        present[:] = False
    for row, step in block.hist_cells():
        h, number = block.hist[row, step], float(scalar[step])  # type: ignore[index]
        outcome = _histogram_scalar(node.op, h, number, swapped=swapped)
        present[row, step] = outcome is not None
        if outcome is None:
            sides = ("float", "histogram") if swapped else ("histogram", "float")
            _incompatible(run, node, *sides)
        hist[row, step] = outcome
    return replace(result, hist=hist if len(block.hist_cells()) else None, present=present)


def _histogram_scalar(op: str, h: FloatHistogram, number: float, *, swapped: bool) -> FloatHistogram | None:
    if op == "*":
        return compacted(scale(h, number))
    if swapped:
        return None
    if op == "/":
        return compacted(divide(h, number))
    if op in ("</", ">/"):
        return trim(h, number, keep_below=op == "</")
    return None


def _incompatible(run: Run, node: Binary, left: str, right: str) -> None:
    text = f'incompatible sample types encountered for binary operator "{node.op}": {left} {node.op} {right}'
    run.notes.info(text, node.span)


def _vectors(run: Run, node: Binary, left: Block, right: Block) -> Block:
    pairs = matching.pair(node, left, right)
    left_values, right_values = pairs.left_values, pairs.right_values
    present: Mask | None = pairs.present
    values: Floats
    if node.op in COMPARISON:
        with np.errstate(all="ignore"):
            kept = COMPARISON[node.op](left_values, right_values)
        values = kept.astype(np.float64) if node.return_bool else left_values
    elif node.op in ARITHMETIC:
        values, kept = _floats(node.op, left_values, right_values), None
    else:
        values, kept = np.zeros(left_values.shape), np.zeros(left_values.shape, np.bool_)
    hist: Objects | None = None
    if pairs.left_hist is not None or pairs.right_hist is not None:
        kept, values, hist = _pair_histograms(run, node, pairs, values, kept)
    elif node.op not in COMPARISON and node.op not in ARITHMETIC:
        if values.size and (present is None or present.any()):
            _incompatible(run, node, "float", "float")
    elif node.return_bool:
        kept = None
    present = both(present, kept)
    return matching.result(run, node, pairs, values, present, hist)


def _pair_histograms(
    run: Run, node: Binary, pairs: "matching.Pairs", values: Floats, kept: Mask | None
) -> tuple[Mask, Floats, Objects | None]:
    shape = values.shape
    keep = np.ones(shape, np.bool_) if kept is None or node.return_bool else kept.copy()
    values = values.copy()
    hist: Objects = np.full(shape, None, object)
    mask = np.ones(shape, np.bool_) if pairs.present is None else pairs.present
    touched = _holding(pairs.left_hist, shape) | _holding(pairs.right_hist, shape)
    if node.op in ("</", ">/") and (mask & ~touched).any():
        _incompatible(run, node, "float", "float")
    for row, step in zip(*np.nonzero(mask & touched), strict=True):
        left = _cell(pairs.left_values, pairs.left_hist, row, step)
        right = _cell(pairs.right_values, pairs.right_hist, row, step)
        outcome = _histogram_pair(run, node, left, right)
        keep[row, step] = outcome is not None
        if node.return_bool and outcome is not None:
            values[row, step] = float(outcome is not False)
        elif outcome is False:
            keep[row, step] = False
        elif outcome is not None:
            hist[row, step] = outcome
    return keep, values, None if node.return_bool else hist


def _holding(hist: Objects | None, shape: tuple[int, ...]) -> Mask:
    return np.zeros(shape, np.bool_) if hist is None else holds(hist)


def _cell(values: Floats, hist: Objects | None, row: int, step: int) -> Cell:
    h = None if hist is None else hist[row, step]
    return float(values[row, step]) if h is None else h


def _histogram_pair(run: Run, node: Binary, left: Cell, right: Cell) -> FloatHistogram | bool | None:
    """The result; False for a comparison that fails; None when the operator does not take these."""
    if isinstance(left, FloatHistogram) and isinstance(right, FloatHistogram):
        if node.op in ("+", "-"):
            return _sum_or_difference(run, node, left, right)
        if node.op in ("==", "!="):
            return left if equal(left, right) == (node.op == "==") else False
        _incompatible(run, node, "histogram", "histogram")
        return None
    if isinstance(left, FloatHistogram):
        assert isinstance(right, float)
        outcome = _histogram_scalar(node.op, left, right, swapped=False)
        if outcome is None:
            _incompatible(run, node, "histogram", "float")
        return outcome
    assert isinstance(right, FloatHistogram)
    outcome = _histogram_scalar(node.op, right, left, swapped=True)
    if outcome is None:
        _incompatible(run, node, "float", "histogram")
    return outcome


def _sum_or_difference(run: Run, node: Binary, left: FloatHistogram, right: FloatHistogram) -> FloatHistogram | None:
    word = "addition" if node.op == "+" else "subtraction"
    try:
        combined = add(left, right) if node.op == "+" else subtract(left, right)
    except IncompatibleBucketsError:
        run.notes.warn(f"incompatible bucket layout encountered for binary operator {node.op}", node.span)
        return None
    if combined.collision:
        run.notes.warn(f"conflicting counter resets during histogram {word}", node.span)
    elif combined.reconciled:
        run.notes.info(f"mismatched custom buckets were reconciled during {word}", node.span)
    h = combined.histogram
    return compacted(h if node.op == "+" else with_hint(h, CounterReset.GAUGE))
