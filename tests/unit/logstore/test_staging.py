"""Groups of requests: what the disk does not take is refused, item by item, and can come again."""

import errno

import pytest

from logstore import staging
from logstore.source import SourceLog
from tests.unit.logstore.conftest import Bench


async def test_on_a_full_disk_items_are_refused_and_come_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.create({"n": 1}, index="logs")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(SourceLog, "append", full)
        outcomes = await bench.write(
            {"create": {"_id": "d0"}}, {"n": 1}, {"create": {"_id": "x"}}, {"n": 2}, index="logs"
        )
    assert [outcome.status for outcome in outcomes] == [409, 429]
    assert outcomes[1].error is not None
    assert outcomes[1].error.kind == "cluster_block_exception"
    assert (await bench.search(index="logs"))["hits"]["total"]["value"] == 1
    again = await bench.write({"create": {"_id": "x"}}, {"n": 2}, index="logs")
    assert [outcome.status for outcome in again] == [201]
    await bench.store.refresh()
    assert await bench.ids({"match_all": {}}, index="logs") == {"d0", "x"}


def test_other_failures_of_the_disk_are_not_taken_for_a_full_one() -> None:
    with pytest.raises(OSError, match="broken"):
        staging._when_full(OSError(errno.EIO, "broken"), "logs")


async def test_rows_the_index_could_not_take_are_indexed_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.create({"n": 0}, index="logs", prefix="a")
    generation = bench.store.catalog.generations["logs"]

    def dead(*_: object) -> None:
        raise ValueError("An index writer was killed.")

    with monkeypatch.context() as patch:
        patch.setattr("logstore.engine.add", dead)
        await bench.create({"n": 1}, {"n": 2}, index="logs", prefix="b")
        assert generation.dirty
        assert await bench.ids({"match_all": {}}, index="logs") == {"a0"}
    await bench.store.refresh()
    assert await bench.ids({"match_all": {}}, index="logs") == {"a0", "b0", "b1"}
    assert not generation.dirty
