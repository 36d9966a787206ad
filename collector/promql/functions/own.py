"""PromQL functions written in Python, by us or by others.

    from collector.promql import function

    @function("robust_zscore", args=("matrix",))
    def robust_zscore(times, values):
        '''How far the last sample is from the median, in robust standard deviations.'''
        ...

A function of a range vector (`args` holds "matrix") gets windows of equal length: `times` float64[W, n] in seconds and `values`
float64[W, n], and one float64[W] per scalar argument; it gives float64[W], NaN where it has nothing to say. A function of an instant
vector gets `values` float64[S, T] and one float64[T] per scalar, and gives float64[S, T]. Others are found through the entry-point
group `pharos.promql-function`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from collector.promql.block import Floats, Mask, Value
from collector.promql.errors import ExecutionError
from collector.promql.functions.elementwise import floats_only
from collector.promql.functions.host import Host
from collector.promql.kernels.windows import DenseWindows, Windows
from collector.promql.parser.ast import Call
from collector.promql.parser.signatures import SIGNATURES, Signature, ValueType
from collector.promql.steps import Steps
from pharos.registry import Registry

OwnFunction = Callable[..., Floats]

functions: Final[Registry[OwnFunction]] = Registry("promql-function")


def function(name: str, *, args: tuple[ValueType, ...]) -> Callable[[OwnFunction], OwnFunction]:
    """Decorator: a NumPy function becomes a PromQL function. Raises `ValueError` when the name is taken."""
    if name in SIGNATURES:
        raise ValueError(f"{name} is a function of PromQL already")
    if not {"matrix", "vector"} & set(args):
        raise ValueError(f"{name} takes neither a range vector nor an instant vector")
    register: Callable[[OwnFunction], OwnFunction] = functions.register(name, args=args)
    return register


def own_signatures() -> dict[str, Signature]:
    """All functions the parser shall know: those of PromQL and the registered ones."""
    functions.load_entry_points()
    own = {plugin.name: Signature(plugin.name, plugin.facts["args"]) for plugin in functions}
    return {**SIGNATURES, **own}


def call_own(host: Host, node: Call, steps: Steps) -> Value:
    """The value of a call of a registered function."""
    compute = functions[node.function.name].factory
    kinds = node.function.args
    scalars = [host.scalar(arg, steps) for arg, kind in zip(node.args, kinds, strict=True) if kind == "scalar"]
    try:
        if "matrix" in kinds:
            vector = host.range_vector(node.args[kinds.index("matrix")], steps)
            block = vector.apply(lambda windows: _windows(compute, windows, scalars))
            return host.drop(block.compact(), strict=True)
        block = floats_only(host.block(node.args[kinds.index("vector")], steps))
        with np.errstate(all="ignore"):
            return host.drop(replace(block, values=np.asarray(compute(block.values, *scalars), np.float64)))
    except (ArithmeticError, IndexError, TypeError, ValueError) as error:
        raise ExecutionError(f"function {node.function.name} failed: {error}", node.span) from error


def _windows(compute: OwnFunction, windows: Windows, scalars: list[Floats]) -> tuple[Floats, Mask]:
    rows, steps = windows.shape
    out = np.full((rows, steps), np.nan)
    with np.errstate(all="ignore"):
        if isinstance(windows, DenseWindows):
            for step in range(steps):
                piece = slice(int(windows.lo[step]), int(windows.hi[step]))
                if piece.stop > piece.start and rows:
                    times = np.broadcast_to(windows.times[piece] / 1000, (rows, piece.stop - piece.start))
                    given = [np.full(rows, scalar[step]) for scalar in scalars]
                    out[:, step] = compute(times, windows.values[:, piece], *given)
            return out, ~np.isnan(out)
        for size in np.unique(windows.count[windows.count > 0]).tolist():
            cells = windows.count == size
            index = windows.lo[cells][:, None] + np.arange(size)
            given = [np.broadcast_to(scalar, (rows, steps))[cells] for scalar in scalars]
            out[cells] = compute(windows.times[index] / 1000, windows.values[index], *given)
    return out, ~np.isnan(out)
