"""Writing, finding again, ordering and paging, over one store object."""

from pathlib import Path

import pytest

from logstore.errors import ElasticError
from logstore.store import Store
from tests.unit.logstore.conftest import Bench, FixedClock, logs

DOC = {"@timestamp": "2026-11-20T11:00:00Z", "message": "hello"}


async def test_a_document_created_twice_is_a_conflict(bench: Bench) -> None:
    first, second = await bench.write({"create": {"_id": "a"}}, DOC, {"create": {"_id": "a"}}, DOC)
    assert (first.status, second.status) == (201, 409)
    (third,) = await bench.write({"create": {"_id": "a"}}, DOC)
    assert third.status == 409
    await bench.store.refresh()
    (fourth,) = await bench.write({"create": {"_id": "a"}}, DOC)
    assert fourth.status == 409
    assert await bench.store.count("logs-*", None) == 1


async def test_a_conflict_is_found_across_a_rollover(bench: Bench) -> None:
    await bench.create(DOC)
    bench.clock.wall += 86_400
    (again,) = await bench.write({"create": {"_id": "d0"}}, DOC)
    assert again.status == 409
    assert len(bench.store.catalog.stored.streams["logs-app-default"]) == 2


async def test_data_streams_take_only_creates_with_a_time(bench: Bench) -> None:
    index, missing, bad = await bench.write(
        {"index": {}}, DOC, {"create": {}}, {"message": "x"}, {"create": {}}, {"@timestamp": "soon"}
    )
    assert [outcome.status for outcome in (index, missing, bad)] == [400, 400, 400]
    assert bad.error is not None
    assert "failed to parse field [@timestamp]" in bad.error.reason


async def test_index_update_delete_on_a_plain_index(bench: Bench) -> None:
    created, updated, noop = await bench.write(
        {"index": {"_id": "1"}}, {"a": 1, "b": {"c": 1}},
        {"update": {"_id": "1"}}, {"doc": {"b": {"d": 2}}},
        {"update": {"_id": "1"}}, {"doc": {"a": 1}},
        index="things",
    )  # fmt: skip
    assert [(o.result, o.version) for o in (created, updated, noop)] == [("created", 1), ("updated", 2), ("noop", 2)]
    await bench.store.refresh()
    generation = bench.store.catalog.generations["things"]
    found = generation.find("1")
    assert found is not None
    assert found[1].source == b'{"a":1,"b":{"c":1,"d":2}}'
    deleted, again, missing = await bench.write(
        {"delete": {"_id": "1"}}, {"delete": {"_id": "1"}}, {"update": {"_id": "1"}}, {"doc": {}}, index="things"
    )
    assert [o.status for o in (deleted, again, missing)] == [200, 404, 404]
    await bench.store.refresh()
    assert generation.find("1") is None
    assert await bench.store.count("things", None) == 0


async def test_everything_acknowledged_is_there_after_a_crash(bench: Bench, tmp_path: Path) -> None:
    await bench.create(*logs(5))
    await bench.write({"create": {"_id": "late"}}, DOC)
    await bench.write({"index": {"_id": "x"}}, {"n": 1}, {"index": {"_id": "x"}}, {"n": 2}, index="things")
    other = tmp_path.parent / "copy"
    import shutil

    # What the disk holds at this moment, without an orderly close, and without the index: it is built anew.
    shutil.copytree(tmp_path, other, ignore=shutil.ignore_patterns("index", "views", "*.tmp"))
    again = Store(other, FixedClock())
    again.open()
    try:
        assert await again.count("logs-*", None) == 6
        assert await again.count("things", None) == 1
        found = again.catalog.generations["things"].find("x")
        assert found is not None
        assert found[1].version == 2
    finally:
        again.close()


async def test_newest_first_with_ties_and_pages(bench: Bench) -> None:
    same = [{"@timestamp": "2026-11-20T11:00:00Z", "message": str(n)} for n in range(25)]
    await bench.create(*same, {"@timestamp": "2026-11-20T11:00:01Z", "message": "last"})
    seen: list[str] = []
    after: dict[str, list[int]] = {}
    while True:
        page = await bench.search(size=10, sort=[{"@timestamp": "desc"}, {"_doc": "desc"}], **after)
        hits = page["hits"]["hits"]
        if not hits:
            break
        seen += [hit["_source"]["message"] for hit in hits]
        after = {"search_after": hits[-1]["sort"]}
    assert seen == ["last", *(str(n) for n in range(24, -1, -1))]


async def test_sorting_by_other_fields(filled: Bench) -> None:
    found = await filled.search(size=3, sort=[{"fields.took": "desc"}])
    assert [hit["sort"] for hit in found["hits"]["hits"]] == [[14.5], [14.0], [13.5]]
    found = await filled.search(size=2, sort=[{"level": "asc"}, {"@timestamp": "desc"}])
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["d29", "d26"]
    with pytest.raises(ElasticError, match="Fielddata is disabled"):
        await filled.search(sort=["message"])


async def test_searching_several_indices_as_one(bench: Bench) -> None:
    await bench.create(*logs(10), index="logs-one-default")
    await bench.create(*logs(20), index="logs-two-default", prefix="e")
    found = await bench.search("logs-*", size=0, track_total_hits=True, aggs={"a": {"avg": {"field": "fields.took"}}})
    assert found["hits"]["total"] == {"value": 30, "relation": "eq"}
    assert found["aggregations"]["a"]["value"] == pytest.approx((sum(range(10)) + sum(range(20))) / 2 / 30)
    assert await bench.ids({"term": {"_index": "logs-one-default"}}) == {f"d{n}" for n in range(10)}


async def test_names_and_patterns(bench: Bench) -> None:
    await bench.create(DOC)
    assert await bench.store.count("nothing-*", None) == 0
    with pytest.raises(ElasticError, match="no such index"):
        await bench.store.count("nothing", None)
    assert await bench.store.count("nothing,logs-app-default", None, ignore_unavailable=True) == 1
    assert await bench.store.count("logs-*,-logs-app-*", None) == 0
    with pytest.raises(ElasticError, match="Invalid index name"):
        bench.store.catalog.create("Upper", {}, now_ms=0)


async def test_delete_by_query(filled: Bench) -> None:
    assert await filled.store.delete_by_query("logs-*", {"term": {"level": "info"}}) == 10
    assert await filled.store.count("logs-*", None) == 20


async def test_no_value_is_refused_for_its_type(bench: Bench) -> None:
    docs = [{**DOC, "code": value} for value in (1, "one", 1.5, True, {"deep": 1}, ["a", 2], None, "2026-01-01")]
    outcomes = await bench.create(*docs)
    assert {outcome.status for outcome in outcomes} == {201}
    assert await bench.store.count("logs-*", None) == 8
    assert await bench.ids({"term": {"code": "one"}}) == {"d1"}
    assert await bench.ids({"term": {"code": 1}}) >= {"d0"}


async def test_odd_documents_are_stored_and_stop_nobody(bench: Bench) -> None:
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"d": deep}
    docs = [
        {**DOC, "deep": deep},
        {**DOC, "big": 2**63},
        {**DOC, "": 1},
        {**DOC, "a.b": 1, "a": {"b": 2}},
        {**DOC, "x": [[], [[1]]]},
    ]
    outcomes = await bench.create(*docs)
    assert {outcome.status for outcome in outcomes} == {201}
    await bench.create(DOC, prefix="after")
    assert "after0" in await bench.ids({"match_all": {}})


async def test_dropping_while_writing(bench: Bench) -> None:
    await bench.create(DOC, index="things-1")
    await bench.store.drop(bench.store.catalog.resolve("things-1"))
    with pytest.raises(ElasticError, match="no such index"):
        await bench.store.count("things-1", None)
    await bench.create(DOC, index="things-1")
    assert await bench.store.count("things-1", None) == 1
