"""The collector's columnar answer."""

import math
import struct
from typing import Any

import httpx
import orjson
import pytest

from dashboards.model.timerange import TimeRange
from dashboards.sources.base import SourceConfig, SourceError
from dashboards.sources.columns import MEDIA_TYPE, decode_columns
from dashboards.sources.prometheus import PrometheusSource


def packed(header: dict[str, Any], *values: float) -> bytes:
    text = orjson.dumps({"dtype": "float64", "warnings": [], **header})
    text += b" " * (-(len(text) + 4) % 8)
    return (
        struct.pack("<I", len(text))
        + text
        + struct.pack(f"<{len(values)}{'d' if b'float64' in text else 'f'}", *values)
    )


def test_rows_are_cut_out() -> None:
    content = packed({"kind": "matrix", "series": [{"i": "a"}, {"i": "b"}], "count": 2}, 1, 2, 3, math.nan)
    header, rows = decode_columns(content)
    assert header["series"][1] == {"i": "b"}
    assert rows[0] == [1, 2]
    assert math.isnan(rows[1][1])
    assert decode_columns(packed({"dtype": "float32", "series": [{}], "count": 1}, 1.5))[1] == [[1.5]]


@pytest.mark.parametrize("content", [b"", b"\x02\x00\x00\x00{}", packed({"series": [{}], "count": 3}, 1.0)])
def test_a_damaged_answer_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"no columns|values for"):
        decode_columns(content)


def source(content: bytes) -> PrometheusSource:
    def handler(request: httpx.Request) -> httpx.Response:
        assert MEDIA_TYPE in request.headers["accept"]
        return httpx.Response(200, content=content, headers={"content-type": MEDIA_TYPE})

    return PrometheusSource(SourceConfig("p", "P", "prometheus", "http://p"), httpx.MockTransport(handler))


async def test_a_range_lies_on_its_grid() -> None:
    content = packed({"series": [{"i": "b"}, {"i": "a"}], "count": 2, "start": 15_000, "step": 15_000}, 1, 2, 3, 4)
    frame = await source(content).query_range("x", TimeRange(0, 45_000), 15_000)
    assert [series.labels["i"] for series in frame.series] == ["a", "b"]
    first, *middle, last = frame.series[0].values
    assert middle == [3, 4]
    assert math.isnan(first)
    assert math.isnan(last)


async def test_an_instant_keeps_its_order() -> None:
    frame = await source(
        packed({"series": [{"i": "b"}, {"i": "a"}], "count": 1, "warnings": ["w"]}, 2, 1)
    ).query_instant("x", 5)
    assert [series.values for series in frame.series] == [[2.0], [1.0]]
    assert frame.warnings == ("w",)


async def test_a_damaged_answer_is_told() -> None:
    with pytest.raises(SourceError, match="P answered with"):
        await source(b"").query_instant("x", 5)
