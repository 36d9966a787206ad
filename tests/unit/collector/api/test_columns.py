import numpy as np

from pharos.client import decode_columns
from tests.support.collector_api import NOW_S, api_client, api_context, storage_with

SERIES = ('hits{job="a"} 0+10x10', 'hits{job="b"} _ _ _ _ _ 5x5')


async def columns(path: str, accept: str = "application/vnd.pharos.columns", **parameters: object) -> bytes:
    async with api_client(api_context(storage_with(*SERIES))) as client:
        answer = await client.get(f"/api/v1/{path}", params=parameters, headers={"Accept": accept})  # type: ignore[arg-type]
        assert answer.headers["content-type"] == "application/vnd.pharos.columns"
        return answer.content


async def test_a_range_is_one_matrix() -> None:
    body = await columns("query_range", query="hits", start=NOW_S - 300, end=NOW_S, step=60, lookback_delta="30s")
    frame = decode_columns(body)
    assert [labels["job"] for labels in frame.labels] == ["a", "b"]
    assert frame.values[0].tolist() == [0, 20, 40, 60, 80, 100]
    assert np.isnan(frame.values[1][:3]).all()
    assert frame.values[1][3:].tolist() == [5, 5, 5]
    assert frame.times[1] - frame.times[0] == np.timedelta64(60_000, "ms")


async def test_half_the_bytes_on_request() -> None:
    body = await columns("query", "application/vnd.pharos.columns; dtype=float32", query="hits", time=NOW_S)
    assert decode_columns(body).values[:, 0].tolist() == [100, 5]
    assert (len(body) - 8) % 8 == 0


async def test_raw_samples_share_one_time_axis() -> None:
    frame = decode_columns(await columns("query", query="hits[1m]", time=NOW_S))
    assert frame.values.tolist() == [[90, 100], [5, 5]]


async def test_scalars_and_texts_have_a_place() -> None:
    assert decode_columns(await columns("query", query="2", time=NOW_S)).scalar() == 2
    assert decode_columns(await columns("query", query='"x"', time=NOW_S)).kind == "string"
