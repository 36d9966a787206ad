"""Pages of documents: what is damaged is left out and said."""

from pathlib import Path

from logstore.store import Store
from tests.unit.logstore.conftest import Bench, FixedClock


async def test_a_damaged_block_is_left_out_and_the_rest_served(tmp_path: Path) -> None:
    store = Store(tmp_path, FixedClock())
    store.open()
    bench = Bench(store, FixedClock())
    for part in "abc":  # each fills a block of its own
        await bench.create(*[{"@timestamp": 1, "message": part * 300_000, "part": part}], index="logs-x", prefix=part)
    (name,) = store.catalog.generations
    folder = store.catalog.generations[name].folder
    second = store.catalog.generations[name].source._blocks.offsets[1]
    store.close()
    data = bytearray((folder / "source.blk").read_bytes())
    data[second + 40] ^= 1
    (folder / "source.blk").write_bytes(data)

    store = Store(tmp_path, FixedClock())
    store.open()
    bench = Bench(store, FixedClock())
    answer = await bench.search(sort=[{"part": "asc"}], _source=["part"])
    assert {hit["_id"] for hit in answer["hits"]["hits"]} == {"a0", "c0"}
    assert answer["_shards"]["failed"] == 1
    assert answer["_shards"]["failures"][0]["reason"]["type"] == "corrupt_index_exception"
    assert (await bench.agg({"terms": {"field": "part"}}))["buckets"][1]["key"] == "b"  # the index knows it
    (known,) = await bench.create({"@timestamp": 1, "part": "b"}, index="logs-x", prefix="b")
    assert known.status == 409  # and so does who writes it again
    (fresh,) = await bench.create({"@timestamp": 1, "part": "d"}, index="logs-x", prefix="d")
    assert fresh.status == 201
    store.close()
