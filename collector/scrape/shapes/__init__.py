"""The fast path: pages that differ from the last one only in their values are compared with its shape, not parsed."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from collector.scrape.page import Geometry
from collector.scrape.shapes.base import PageShape
from collector.scrape.shapes.lines import LineShape
from collector.scrape.shapes.windows import WindowedShape

__all__ = ["LineShape", "PageShape", "ShapeOf", "WindowedShape", "shape_of"]

ShapeOf: TypeAlias = Callable[[Any, Geometry], PageShape]
_FEW_LINES: Final = 400  # measured: from here on memory decides, not the number of calls


def shape_of(body: Any, geometry: Geometry) -> PageShape:
    """The shape of a parsed page."""
    return LineShape(body, geometry) if len(geometry.key_lengths) <= _FEW_LINES else WindowedShape(body, geometry)
