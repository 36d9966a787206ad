"""`anchored` and `smoothed` range selectors: the window reaches exactly from its start to its end.

anchored: the value at an edge is that of the last sample before it; smoothed: it lies on the line between the samples around it.
Source: the behaviour of Prometheus 3.14 with promql-extended-range-selectors.
"""

from bisect import bisect_left, bisect_right
from typing import Final

import numpy as np

from collector.histogram import CounterReset, FloatHistogram
from collector.promql.block import Block, Objects, new_present
from collector.promql.columns import take
from collector.promql.errors import ExecutionError
from collector.promql.functions import mixed
from collector.promql.functions.host import Host
from collector.promql.functions.mixed import Result, Window
from collector.promql.histograms.arithmetic import IncompatibleBucketsError, compacted, divide, is_reset, with_hint
from collector.promql.histograms.buckets import is_custom
from collector.promql.parser.ast import Call, MatrixSelector, bare_span, unwrap
from collector.promql.run import Run
from collector.promql.smoothing import interpolate, interpolate_histograms, samples_of
from collector.promql.steps import Steps
from pharos.labels import METRIC_NAME

ANCHORED: Final = ("changes", "delta", "increase", "rate", "resets")
SMOOTHED: Final = ("delta", "increase", "rate")


def check(node: Call) -> None:
    """Raises `ExecutionError` when a function does not know such selectors."""
    for arg in node.args:
        selector = unwrap(arg)
        if isinstance(selector, MatrixSelector) and (selector.vector.anchored or selector.vector.smoothed):
            word, allowed = ("anchored", ANCHORED) if selector.vector.anchored else ("smoothed", SMOOTHED)
            if node.function.name not in allowed:
                names = ", ".join(allowed)
                raise ExecutionError(f"{word} modifier can only be used with: {names} - not with {node.function.name}")


def apply(host: Host, node: Call, selector: MatrixSelector, steps: Steps) -> Block:
    """One of the few functions that know such selectors."""
    word = "anchored" if selector.vector.anchored else "smoothed"
    run = host.run
    ends = host.ends(selector.shift, steps)
    range_ms = run.plan.duration(selector.range_ms, selector.range_expr)
    after = run.lookback_ms if word == "smoothed" else 0
    low = -range_ms - run.lookback_ms
    labels, parts = run.select(selector.vector.matchers, ends.start + low + 1, ends.end + after)
    rows, cells = [], []
    for row, samples in samples_of(parts):
        name = labels.symbols.text(int(labels.column(METRIC_NAME)[row]))
        times = [time for time, _ in samples]
        line: list[Result] = []
        for end in ends.times.tolist():
            piece = samples[bisect_right(times, end + low) : bisect_right(times, end + after)]
            window = Window(piece, end, range_ms, name, bare_span(node.args[0]), run.notes)
            line.append(_function(run, node.function.name, window, smoothed=word == "smoothed") if piece else None)
        rows.append(row)
        cells.append(line)
    block = _block(cells, steps.count)
    return Block(take(labels, np.array(rows, np.int64)), block[0], block[1], block[2]).compact()


def _block(
    cells: list[list[Result]], steps: int
) -> "tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], np.ndarray[tuple[int, int], np.dtype[np.bool_]] | None, Objects | None]":
    shape = (len(cells), steps)
    values, mask = np.zeros(shape), np.zeros(shape, np.bool_)
    hist: Objects = np.full(shape, None, object)
    found = False
    for row, line in enumerate(cells):
        for step, cell in enumerate(line):
            mask[row, step] = cell is not None
            if isinstance(cell, FloatHistogram):
                hist[row, step] = cell
                found = True
            elif cell is not None:
                values[row, step] = cell
    present = new_present(mask) if mask.size else None
    return values, present, hist if found else None


def _function(run: Run, name: str, window: Window, *, smoothed: bool) -> Result:
    if name in ("changes", "resets"):
        return _counted(name, window)
    if window.floats and window.histograms:
        window.warn(mixed.MIXED_SAMPLES)
        return None
    counter, per_second = name != "delta", name == "rate"
    seconds = window.range_ms / 1000
    if window.floats:
        result = _floats(window, counter=counter, smoothed=smoothed)
        return None if result is None else result / seconds if per_second else result
    difference = _histograms(run, window, counter=counter, smoothed=smoothed)
    if difference is None:
        return None
    difference = divide(difference, seconds) if per_second else difference
    return compacted(with_hint(difference, CounterReset.GAUGE))


def _counted(name: str, window: Window) -> Result:
    """changes and resets from the last sample before the window on."""
    start = window.end - window.range_ms
    before = bisect_right(window.samples, start, key=lambda sample: sample[0]) - 1
    if before + 1 >= len(window.samples):
        return None
    piece = window.samples[max(before, 0) :]
    cut = Window(piece, window.end, window.range_ms, window.name, window.span, window.notes)
    return mixed.changes(cut) if name == "changes" else mixed.resets(cut)


def _edges(window: Window, *, smoothed: bool) -> tuple[int, int] | None:
    """First and last sample that count; None when nothing lies in the window."""
    start, end = window.end - window.range_ms, window.end
    times = [time for time, _ in window.samples]
    last = len(times) - 1
    first = max(0, bisect_right(times, start, 0, last) - 1)
    if smoothed:
        last = bisect_left(times, end, 0, last)
    if times[last] <= start or (smoothed and times[first] > end):
        return None
    return first, last


def _floats(window: Window, *, counter: bool, smoothed: bool) -> float | None:
    edges = _edges(window, smoothed=smoothed)
    if edges is None:
        return None
    first, last = edges
    points = window.floats
    start, end = window.end - window.range_ms, window.end
    left, right = points[first][1], points[last][1]
    if smoothed and points[first][0] < start:
        left = interpolate(points[first], points[first + 1], start, counter=counter)
    if smoothed and last > 0 and points[last][0] > end:
        right = interpolate(points[last - 1], points[last], end, counter=counter)
    result = right - left
    if not counter:
        return result
    inner = points[first + (points[first][0] <= start) : last + 1 - (points[last][0] >= end)]
    previous = left
    for _, value in [*inner, (end, right)]:
        if value < previous:
            result += previous
        previous = value
    return result


def _histograms(run: Run, window: Window, *, counter: bool, smoothed: bool) -> FloatHistogram | None:
    edges = _edges(window, smoothed=smoothed)
    if edges is None:
        return None
    first, last = edges
    points = window.histograms
    used = [h for _, h in points[first : last + 1]]
    if len({is_custom(h) for h in used}) > 1:
        window.incompatible()
        return None
    if counter and any(h.counter_reset is CounterReset.GAUGE for h in used):
        window.warn(mixed.NOT_COUNTER)
    try:
        return _histogram_change(run, window, first, last, counter=counter, smoothed=smoothed)
    except IncompatibleBucketsError:
        window.incompatible()
        return None


def _histogram_change(
    run: Run, window: Window, first: int, last: int, *, counter: bool, smoothed: bool
) -> FloatHistogram:
    points = window.histograms
    start, end = window.end - window.range_ms, window.end
    left, right = points[first][1], points[last][1]
    if smoothed and points[first][0] < start:
        left = interpolate_histograms(run, points[first], points[first + 1], start, window.span, counter=counter)
    if smoothed and last > 0 and points[last][0] > end:
        right = interpolate_histograms(run, points[last - 1], points[last], end, window.span, counter=counter)
    if not counter and {left.counter_reset, right.counter_reset} != {CounterReset.GAUGE}:
        window.warn(mixed.NOT_GAUGE)
    result = window.combine("subtraction", right, left)
    if not counter:
        return result
    begin, previous = first + 1, left
    if smoothed and points[first][0] < start and is_reset(points[first + 1][1], points[first][1]):
        begin, previous = first + 2, points[first + 1][1]
    if begin > last:
        return result
    for h in [*(h for _, h in points[begin:last]), right]:
        if is_reset(h, previous):
            result = window.combine("addition", result, previous)
        previous = h
    return result
