"""What an implementation of a function may ask of the evaluator."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.promql.block import Block, Value
from collector.promql.kernels.windows import Floats
from collector.promql.parser.ast import Call, Expr, Subquery, VectorSelector
from collector.promql.ranges import RangeVector
from collector.promql.run import Run
from collector.promql.steps import Steps


class Host(Protocol):
    """The evaluator, seen from a function."""

    run: Run

    def block(self, node: Expr, steps: Steps) -> Block: ...
    def scalar(self, node: Expr, steps: Steps) -> Floats: ...
    def text(self, node: Expr) -> str: ...
    def range_vector(self, node: Expr, steps: Steps) -> RangeVector: ...
    def selector(self, node: VectorSelector, steps: Steps) -> tuple[Block, NDArray[np.int64]]: ...
    def subquery_block(self, node: Subquery, steps: Steps) -> tuple[Block, Steps, Steps, int]: ...
    def ends(self, shift: Any, steps: Steps) -> Steps: ...
    def drop(self, block: Block, *, strict: bool = False) -> Block: ...
    def merged(self, block: Block) -> Block: ...


Implementation: TypeAlias = Callable[[Host, Call, Steps], Value]
Table: TypeAlias = Mapping[str, Implementation]
