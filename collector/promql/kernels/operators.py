"""The binary operators on float arrays."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def _fmod(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.fmod(left, right))


def _power(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.power(left, right))


ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Floats]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": _fmod,
    "^": _power,
    "atan2": np.arctan2,
}
COMPARISON: Final[Mapping[str, Callable[[Any, Any], Mask]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}
