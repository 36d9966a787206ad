"""The columnar answer of Pharos's collector (docs/contracts/columns.md): numbers without text, so a panel pays for no parsing."""

import struct
import sys
from array import array
from typing import Any, Final

import orjson

MEDIA_TYPE: Final = "application/vnd.pharos.columns"
ACCEPT: Final = f"{MEDIA_TYPE}, application/json;q=0.5"


def decode_columns(content: bytes) -> tuple[dict[str, Any], list[list[float]]]:
    """The header and one row of values per series. Raises `ValueError` for what is no such answer."""
    try:
        size = struct.unpack_from("<I", content)[0]
        header: dict[str, Any] = orjson.loads(content[4 : 4 + size])
        values = array("d" if header["dtype"] == "float64" else "f")
        values.frombytes(content[4 + size :])
        count = int(header["count"])
        rows = len(header["series"])
    except (struct.error, KeyError, TypeError) as error:
        raise ValueError(f"no columns: {error}") from error
    if sys.byteorder == "big":
        values.byteswap()
    if len(values) != rows * count:
        raise ValueError(f"{len(values)} values for {rows} series of {count}")
    return header, [values[i * count : (i + 1) * count].tolist() for i in range(rows)]
