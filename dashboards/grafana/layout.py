"""Rows of schemaVersion < 16, where panels had a span of 12 columns, on today's grid of 24 columns and 30-pixel rows."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_CELL: Final = 38  # 30 pixels and the gap of 8


def flatten_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Panels with `gridPos`; rows that show a title or are collapsed become row panels."""
    panels: list[dict[str, Any]] = []
    has_headers = any(row.get("collapse") or row.get("showTitle") for row in rows)
    y = 0
    for number, row in enumerate(rows):
        placed, height = _place(row, y + (1 if has_headers else 0))
        if has_headers:
            header: dict[str, Any] = {
                "type": "row",
                "id": 20_000 + number,
                "title": row.get("title") if row.get("showTitle") or row.get("collapse") else "",
                "collapsed": bool(row.get("collapse")),
                "gridPos": {"x": 0, "y": y, "w": 24, "h": 1},
                "panels": placed if row.get("collapse") else [],
            }
            if row.get("repeat"):
                header["repeat"] = row["repeat"]
            panels.append(header)
            y += 1
        if not row.get("collapse"):
            panels.extend(placed)
            y += height
    return panels


def _place(row: Mapping[str, Any], top: int) -> tuple[list[dict[str, Any]], int]:
    height = _rows_of(row.get("height", 250))
    x = y = 0
    placed = []
    for panel in row.get("panels") or ():
        width = min(max(int(float(panel.get("span", 12)) * 2), 1), 24)
        own = _rows_of(panel["height"]) if panel.get("height") else height
        if x + width > 24:
            x, y = 0, y + height
        placed.append({**panel, "gridPos": {"x": x, "y": top + y, "w": width, "h": own}})
        x += width
    return placed, y + height if placed else 0


def _rows_of(height: object) -> int:
    pixels = re.match(r"\d+", str(height))
    return max(math.ceil((int(pixels[0]) if pixels else 250) / _CELL), 3)
