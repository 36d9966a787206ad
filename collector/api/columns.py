"""The columnar answer, `Accept: application/vnd.pharos.columns`: a header in JSON and the values as one matrix of floats.

    offset 0      uint32 little-endian   H, length of the header
    offset 4      H bytes                JSON header, padded with blanks so that the matrix begins at a multiple of 8
    offset 4 + H  S x T floats           little-endian, row by row; float64, or float32 when the request says so

Absent samples are NaN; a real NaN is one too, and a histogram is its sum. Described in `docs/contracts/columns.md`.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from collector.api.envelope import dump
from collector.promql.result import QueryResult

MEDIA_TYPE: Final = "application/vnd.pharos.columns"
_ROWS_A_PIECE: Final = 256


def wants_columns(accept: str) -> bool:
    """Whether a client asked for columns."""
    return MEDIA_TYPE in accept


def wants_float32(accept: str) -> bool:
    """`application/vnd.pharos.columns; dtype=float32`: half the bytes, seven digits."""
    return "dtype=float32" in accept.replace(" ", "").replace('"', "")


def answer(
    result: QueryResult,
    *,
    float32: bool,
    warnings: Sequence[str] = (),
    limit: int = 0,
    stats: dict[str, Any] | None = None,
) -> Iterator[bytes]:
    """The bytes of the answer, the header first."""
    times, values = _matrix(result, min(len(result), limit) if limit else len(result))
    steps = np.diff(times)
    even = len(times) < 3 or bool((steps == steps[0]).all())
    header: dict[str, Any] = {
        "kind": result.kind,
        "dtype": "float32" if float32 else "float64",
        "count": len(times),
        "start": int(times[0]) if len(times) else 0,
        "step": int(steps[0]) if len(steps) and even else 0,
        "series": [result.labels.labels(row) for row in range(len(values))],
        "warnings": [*result.warnings, *warnings],
        "infos": list(result.infos),
    }
    if not even:
        header["times"] = times.tolist()
    if result.kind == "string":
        header["text"] = result.text
    if result.kind == "scalar":
        header["series"] = [{}]
    if stats is not None:
        header["stats"] = stats
    text = dump(header)
    text += b" " * (-(len(text) + 4) % 8)
    yield struct.pack("<I", len(text)) + text
    kind = "<f4" if float32 else "<f8"
    for low in range(0, len(values), _ROWS_A_PIECE):
        yield values[low : low + _ROWS_A_PIECE].astype(kind).tobytes()


def _matrix(
    result: QueryResult, count: int
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Times and values of the answer; raw samples are put on the union of their times."""
    if result.kind == "string":
        return result.times_ms, np.zeros((0, len(result.times_ms)))
    if result.kind == "scalar":
        return result.times_ms, result.values[:1]
    if result.raw is None:
        return result.times_ms, np.where(result.present[:count], result.values[:count], np.nan)
    part = result.raw
    times = np.unique(part.timestamps)
    values = np.full((len(part.rows), len(times)), np.nan)
    owner = np.repeat(np.arange(len(part.rows)), np.diff(part.offsets))
    values[owner, np.searchsorted(times, part.timestamps)] = part.values
    ordered = np.full((len(result), len(times)), np.nan)
    ordered[part.rows] = values
    return times, ordered[:count]
