from pathlib import Path

import orjson
import pytest

from tests.support.collector_api import NOW_S, api_client, api_context, storage_with


async def test_every_query_is_a_line(tmp_path: Path) -> None:
    context = api_context(storage_with("up 1x10"))
    context.query_log.open(str(tmp_path / "log"))
    async with api_client(context) as client:
        await client.get("/api/v1/query", params={"query": "up", "time": NOW_S})
        await client.get("/api/v1/query", params={"query": "sum("})
    context.query_log.close()
    (line,) = [orjson.loads(text) for text in (tmp_path / "log").read_text().splitlines()]
    assert line["params"] == {"query": "up", "time": str(NOW_S)}
    assert line["stats"]["samples"]["totalQueryableSamples"] == 1
    assert line["httpRequest"]["path"] == "/api/v1/query"


def test_a_file_that_cannot_be_written_keeps_the_old_one(tmp_path: Path) -> None:
    log = api_context(storage_with()).query_log
    log.open(str(tmp_path / "log"))
    with pytest.raises(OSError, match="No such file"):
        log.open(str(tmp_path / "none" / "log"))
    assert log.active
    log.open("")
    assert not log.active
