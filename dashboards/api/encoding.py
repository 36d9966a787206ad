"""Frames on their way to the browser: base64 of little-endian floats, and only what the browser does not have yet.

One frame is `{t0, step, n, sig, series: [{labels, name, v, w}]}`: `v` holds `n` values of `w` bytes (4 or 8; NaN = no sample). When
the browser says which series it holds (`sig`), labels and names are left out.
"""

import base64
import hashlib
import math
import sys
from array import array
from typing import Any, Final

import orjson

from dashboards.sources.prometheus import Frame, Series

_EXACT_IN_F32: Final = float(2**24)


def signature(frame: Frame, legend: str) -> str:
    """Identifies the set and order of series and how they are named."""
    text = orjson.dumps([legend, [series.labels for series in frame.series]], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=9).hexdigest()


def encode_values(values: list[float]) -> tuple[str, int]:
    """Base64 and the width: 4 bytes unless numbers are so large that moments or counts would be rounded."""
    wide = any(abs(value) >= _EXACT_IN_F32 for value in values if math.isfinite(value))
    column = array("d" if wide else "f", values)
    if sys.byteorder == "big":
        column.byteswap()
    return base64.b64encode(column.tobytes()).decode(), column.itemsize


def encode_frame(frame: Frame, legend: str, held: str | None = None, limit: int = 200) -> dict[str, Any]:
    """The frame as the browser reads it, cut to `limit` series (`total` tells how many there were)."""
    shown = Frame(frame.start_ms, frame.step_ms, frame.length, frame.series[:limit], frame.warnings)
    sig = signature(shown, legend)
    series = []
    for item in shown.series:
        encoded, width = encode_values(item.values)
        entry: dict[str, Any] = {"v": encoded, "w": width}
        if sig != held:
            entry["labels"] = item.labels
            entry["name"] = legend_name(item, legend)
        series.append(entry)
    answer: dict[str, Any] = {
        "t0": frame.start_ms,
        "step": frame.step_ms,
        "n": frame.length,
        "sig": sig,
        "series": series,
    }
    if len(frame.series) > limit:
        answer["total"] = len(frame.series)
    if frame.warnings:
        answer["warnings"] = list(frame.warnings)
    return answer


def legend_name(series: Series, legend: str) -> str:
    """The legend text: a template with `{{label}}`, or the series as PromQL writes it."""
    if legend and legend != "__auto":
        text = legend
        for part in _placeholders(legend):
            text = text.replace(part, series.labels.get(part.strip("{} "), ""))
        return text
    labels = {name: value for name, value in series.labels.items() if name != "__name__"}
    inside = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    name = series.labels.get("__name__", "")
    return name + (f"{{{inside}}}" if inside or not name else "")


def _placeholders(legend: str) -> list[str]:
    parts, position = [], 0
    while (start := legend.find("{{", position)) >= 0:
        end = legend.find("}}", start)
        if end < 0:
            break
        parts.append(legend[start : end + 2])
        position = end + 2
    return parts
