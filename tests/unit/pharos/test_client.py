from datetime import UTC, datetime

import httpx
import numpy as np
import pytest

from pharos.client import Client, ClientError, seconds


def answering(body: object, code: int = 200) -> Client:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(code, json=body) if not isinstance(body, bytes) else httpx.Response(code, content=body)

    return Client(transport=httpx.MockTransport(handler))


def test_a_range_from_any_prometheus_becomes_a_frame() -> None:
    rows = [
        {"metric": {"__name__": "up", "i": "a"}, "values": [[1, "1"], [2, "0"]]},
        {
            "metric": {"__name__": "up", "i": "b"},
            "values": [[2, "NaN"]],
            "histograms": [[1, {"count": "1", "sum": "7"}]],
        },
    ]
    with answering(
        {"status": "success", "data": {"resultType": "matrix", "result": rows}, "warnings": ["w"]}
    ) as client:
        frame = client.query_range("up", 1, 2, 1)
    assert frame.names == ['up{i="a"}', 'up{i="b"}']
    assert frame.values[0].tolist() == [1, 0]
    assert frame.values[1][0] == 7
    assert np.isnan(frame.values[1][1])
    assert frame.times.tolist() == [datetime(1970, 1, 1, 0, 0, 1), datetime(1970, 1, 1, 0, 0, 2)]
    assert frame.warnings == ["w"]


def test_a_scalar() -> None:
    assert (
        answering({"status": "success", "data": {"resultType": "scalar", "result": [1, "2.5"]}}).query("x").scalar()
        == 2.5
    )


def test_errors_carry_their_kind() -> None:
    client = answering({"status": "error", "errorType": "bad_data", "error": "no"}, 400)
    with pytest.raises(ClientError, match="bad_data: no"):
        client.query("(")
    with pytest.raises(ClientError, match="server_error: HTTP 502"):
        answering(b"<html>", 502).series("up")


def test_other_endpoints() -> None:
    client = answering({"status": "success", "data": ["a", "b"]})
    assert client.label_values("x", "up", start="-1h", limit=3) == ["a", "b"]
    assert client.label_names() == client.series("up") == client.get("rules") == ["a", "b"]


def test_times() -> None:
    assert seconds(datetime(1970, 1, 1, 0, 1, tzinfo=UTC)) == 60
    assert seconds("1970-01-01T00:01:00Z") == seconds("60") == seconds(60) == 60
    assert seconds("now") - seconds("-1m") == pytest.approx(60, abs=1)
