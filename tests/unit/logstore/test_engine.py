"""The wrapped index."""

import json
from pathlib import Path

import pytest

from logstore import engine
from logstore.engine import SCHEMA, FieldType, Query
from logstore.store import Store
from tests.unit.logstore.conftest import Bench, FixedClock, logs


def test_ranges_and_order_come_from_columns(tmp_path: Path) -> None:
    opened = engine.create(tmp_path / "i")
    writer = opened.writer()
    for row in range(10):
        engine.add(writer, json.dumps({"_row": row, "_id": str(row), "@timestamp": f"2026-11-20T11:00:0{row}.250Z"}))
    writer.commit()
    opened.refresh()
    rows = Query.range_query(SCHEMA, "_row", FieldType.Unsigned, 3, 5)
    assert engine.rows_newest_first(opened.searcher, rows, 10) == [5, 4, 3]
    low, high = engine.utc(1_795_172_402_250), engine.utc(1_795_172_404_249)
    moments = Query.range_query(SCHEMA, "@timestamp", FieldType.Date, low, high)
    assert engine.rows_by_time(opened.searcher, moments, 10, ascending=True) == [
        (1_795_172_402_250, 2),
        (1_795_172_403_250, 3),
    ]


async def test_an_index_with_an_older_schema_is_built_anew(tmp_path: Path) -> None:
    store = Store(tmp_path, FixedClock())
    store.open()
    await Bench(store, FixedClock()).create(*logs())
    (generation,) = store.catalog.generations.values()
    store.close()
    path = generation.folder / "index" / "meta.json"
    meta = json.loads(path.read_text())
    next(field for field in meta["schema"] if field["name"] == "_row")["options"]["indexed"] = True
    path.write_text(json.dumps(meta))
    with pytest.raises(ValueError, match="older schema"):
        engine.open_index(path.parent)

    store = Store(tmp_path, FixedClock())
    store.open()
    found = await Bench(store, FixedClock()).ids({"range": {"@timestamp": {"gte": "2026-11-20T11:10:00Z"}}})
    assert len(found) == 20
    store.close()


def test_a_writer_that_has_ended_is_told_from_a_bad_document() -> None:
    assert engine.writer_is_dead(ValueError("An index writer was killed. A worker thread encountered an error"))
    assert not engine.writer_is_dead(ValueError("The field does not exist"))
