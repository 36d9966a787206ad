"""Functions of a range vector."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from collector.promql.aggregate import warn_quantiles
from collector.promql.annotations import quoted_names
from collector.promql.block import Block, Floats, Mask, Value, names_of
from collector.promql.errors import ExecutionError, Span
from collector.promql.functions import extended, mixed
from collector.promql.functions.host import Host, Table
from collector.promql.functions.labels import absence
from collector.promql.kernels import over_time, rates
from collector.promql.kernels.windows import Windows
from collector.promql.parser.ast import Call, MatrixSelector, Subquery, bare_span, unwrap
from collector.promql.ranges import RangeVector
from collector.promql.steps import Steps
from pharos.labels import METRIC_NAME

Kernel = Callable[[Windows], tuple[Floats, Mask]]

COUNTER_SUFFIXES: Final = ("_total", "_sum", "_count", "_bucket")


def _filled(compute: Callable[[Windows], Floats]) -> Kernel:
    """A kernel that has a result wherever the window has a sample."""
    return lambda windows: (compute(windows), windows.count > 0)


@dataclass(frozen=True, slots=True)
class RangeFunction:
    """kernel: what it does with floats. histograms: what it does with a window that holds a native histogram; None for functions that
    pass over histograms and say so."""

    kernel: Kernel
    histograms: mixed.WindowFunction | None = None
    keeps_name: bool = False


_FUNCTIONS: dict[str, RangeFunction] = {
    "avg_over_time": RangeFunction(_filled(over_time.avg_over_time), mixed.avg_over_time),
    "changes": RangeFunction(_filled(over_time.changes), mixed.changes),
    "count_over_time": RangeFunction(_filled(over_time.count_over_time), mixed.count_over_time),
    "delta": RangeFunction(partial(rates.extrapolated, counter=False, per_second=False), mixed.delta),
    "first_over_time": RangeFunction(_filled(over_time.first_over_time), mixed.first_over_time, keeps_name=True),
    "idelta": RangeFunction(partial(rates.instantaneous, counter=False), mixed.idelta),
    "increase": RangeFunction(partial(rates.extrapolated, counter=True, per_second=False), mixed.increase),
    "irate": RangeFunction(partial(rates.instantaneous, counter=True), mixed.irate),
    "last_over_time": RangeFunction(_filled(over_time.last_over_time), mixed.last_over_time, keeps_name=True),
    "mad_over_time": RangeFunction(_filled(over_time.mad_over_time)),
    "max_over_time": RangeFunction(_filled(over_time.max_over_time)),
    "min_over_time": RangeFunction(_filled(over_time.min_over_time)),
    "present_over_time": RangeFunction(_filled(over_time.present_over_time), mixed.present_over_time),
    "rate": RangeFunction(partial(rates.extrapolated, counter=True, per_second=True), mixed.rate),
    "resets": RangeFunction(_filled(over_time.resets), mixed.resets),
    "stddev_over_time": RangeFunction(_filled(over_time.stddev_over_time)),
    "stdvar_over_time": RangeFunction(_filled(over_time.stdvar_over_time)),
    "sum_over_time": RangeFunction(_filled(over_time.sum_over_time), mixed.sum_over_time),
    "ts_of_first_over_time": RangeFunction(_filled(over_time.ts_of_first_over_time), mixed.ts_of_first_over_time),
    "ts_of_last_over_time": RangeFunction(_filled(over_time.ts_of_last_over_time), mixed.ts_of_last_over_time),
    "ts_of_max_over_time": RangeFunction(_filled(partial(over_time.ts_of_extreme, greatest=True))),
    "ts_of_min_over_time": RangeFunction(_filled(partial(over_time.ts_of_extreme, greatest=False))),
}


def _place(node: Call) -> Span:
    """What remarks about samples point at: the first argument, or the start of the query when that is a subquery, as Prometheus has it."""
    return Span() if isinstance(unwrap(node.args[0]), Subquery) else bare_span(node.args[0])


def apply(host: Host, node: Call, vector: RangeVector, function: RangeFunction) -> Block:
    """The function over all windows."""
    span = _place(node)
    block = vector.apply(function.kernel)
    if vector.mixed:
        if function.histograms is None:
            block = mixed.noted(host.run.notes, vector, block, span)
        else:
            block = mixed.overlaid(host.run.notes, vector, block, function.histograms, span)
    block = block.compact()
    if function.keeps_name:
        return block
    keep = block.drop_name
    dropped = host.drop(block, strict=True)
    return (
        dropped if keep is None or dropped.drop_name is None else replace(dropped, drop_name=dropped.drop_name | keep)
    )


def _range_function(function: RangeFunction, host: Host, node: Call, steps: Steps) -> Value:
    name = node.function.name
    selector = unwrap(node.args[0])
    if isinstance(selector, MatrixSelector) and (selector.vector.anchored or selector.vector.smoothed):
        block = extended.apply(host, node, selector, steps)
        if name in ("rate", "increase"):
            _suspect_gauges(host, node, block)
        return host.drop(block, strict=True)
    vector = host.range_vector(node.args[0], steps)
    if name in ("rate", "increase"):
        return _rate(function, host, node, vector)
    return apply(host, node, vector, function)


def _rate(function: RangeFunction, host: Host, node: Call, vector: RangeVector) -> Block:
    block = vector.apply(function.kernel)
    if vector.mixed:
        assert function.histograms is not None
        block = mixed.overlaid(host.run.notes, vector, block, function.histograms, _place(node))
    block = block.compact()
    _suspect_gauges(host, node, block)
    return host.drop(block, strict=True)


def _suspect_gauges(host: Host, node: Call, block: Block) -> None:
    """Say so when a rate is taken of something whose name is not a counter's."""
    some = block.float_mask()
    floats = block if some is None else block.rows(np.nonzero(some.any(axis=1))[0])
    symbols = floats.labels.symbols
    if "type-and-unit-labels" in host.run.features:
        pairs = np.unique(
            np.column_stack([floats.labels.column(METRIC_NAME), floats.labels.column("__type__")]), axis=0
        )
        for name_code, type_code in pairs.tolist():
            name, kind = symbols.text(name_code), symbols.text(type_code)
            if name and kind not in ("counter", "histogram"):
                text = 'metric might not be a counter, __type__ label is not set to "counter" or "histogram", got "'
                host.run.notes.info(quoted_names(f'{text}{kind}":', [name])[0], _place(node))
        return
    text = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:"
    suspects = [name for name in names_of(floats.labels) if name and not name.endswith(COUNTER_SUFFIXES)]
    for line in quoted_names(text, suspects):
        host.run.notes.info(line, _place(node))


def _absent_over_time(host: Host, node: Call, steps: Steps) -> Value:
    vector = host.range_vector(node.args[0], steps)
    function = RangeFunction(_filled(over_time.present_over_time), mixed.present_over_time, keeps_name=True)
    block = apply(host, node, vector, function)
    return absence(host, node.args[0], ~block.any_present())


def _quantile_over_time(host: Host, node: Call, steps: Steps) -> Value:
    q = host.scalar(node.args[0], steps)
    vector = host.range_vector(node.args[1], steps)
    kernel = _filled(lambda windows: over_time.quantile_over_time(windows, q))
    block = apply(host, node, vector, RangeFunction(kernel))
    seen = block.any_present()
    warn_quantiles(host.run, q[seen], bare_span(node.args[0]))
    return block


def _deriv(host: Host, node: Call, steps: Steps) -> Value:
    vector = host.range_vector(node.args[0], steps)

    def kernel(windows: Windows) -> tuple[Floats, Mask]:
        origin = windows.time_at(windows.first).astype(float)
        return over_time.linear_regression(windows, origin)[0], windows.count >= 2

    return apply(host, node, vector, RangeFunction(kernel))


def _predict_linear(host: Host, node: Call, steps: Steps) -> Value:
    ahead = host.scalar(node.args[1], steps)
    vector = host.range_vector(node.args[0], steps)

    def kernel(windows: Windows) -> tuple[Floats, Mask]:
        slope, intercept = over_time.linear_regression(windows, steps.times.astype(float)[None, :])
        with np.errstate(all="ignore"):
            return slope * ahead + intercept, windows.count >= 2

    return apply(host, node, vector, RangeFunction(kernel))


def _smoothing(host: Host, node: Call, steps: Steps) -> Value:
    factor, trend = host.scalar(node.args[1], steps), host.scalar(node.args[2], steps)
    vector = host.range_vector(node.args[0], steps)
    for values, word, short in ((factor, "smoothing", "sf"), (trend, "trend", "tf")):
        bad = values[~((values > 0) & (values < 1)) & (vector.samples_per_step() > 0)]
        if len(bad):
            raise ExecutionError(f"invalid {word} factor. Expected: 0 < {short} < 1, got: {float(bad[0]):f}")

    def kernel(windows: Windows) -> tuple[Floats, Mask]:
        return over_time.smoothed(windows, factor, trend), windows.count >= 2

    return apply(host, node, vector, RangeFunction(kernel))


FUNCTIONS: Table = {
    **{name: partial(_range_function, function) for name, function in _FUNCTIONS.items()},
    "absent_over_time": _absent_over_time,
    "quantile_over_time": _quantile_over_time,
    "deriv": _deriv,
    "predict_linear": _predict_linear,
    "double_exponential_smoothing": _smoothing,
}
