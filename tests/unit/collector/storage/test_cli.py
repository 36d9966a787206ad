import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from collector.storage.cli import main_export, main_import

from .storage_support import START_MS, FixedClock, opened, series, write_rows


def filled(folder: Path, rows: int = 300) -> FixedClock:
    clock = FixedClock()
    storage = opened(folder, clock)
    write_rows(storage, clock, rows=rows, step_ms=60_000)
    storage.maintain(clock.ms)
    storage.close()
    return clock


def test_what_is_exported_can_be_imported(tmp_path: Path) -> None:
    filled(tmp_path / "one")
    text = tmp_path / "out.txt"
    assert main_export(["openmetrics", "--storage.tsdb.path", str(tmp_path / "one"), "--output", str(text)]) == 0
    assert main_import(["openmetrics", str(text), "--storage.tsdb.path", str(tmp_path / "two")]) == 0
    again = tmp_path / "again.txt"
    assert main_export(["openmetrics", "--storage.tsdb.path", str(tmp_path / "two"), "--output", str(again)]) == 0
    assert len(text.read_text().splitlines()) == 3 * 300 + 1
    assert sorted(again.read_text().splitlines()) == sorted(text.read_text().splitlines())


def test_csv_of_some_series_and_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path)
    arguments = ["csv", "--storage.tsdb.path", str(tmp_path), "--match", 'requests_total{i="2"}']
    start = START_MS // 1000
    assert main_export([*arguments, "--start", str(start), "--end", str(start + 120)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "name,labels,timestamp_ms,value"
    assert lines[1:] == [f'requests_total,"{{i=""2""}}",{START_MS + 60_000 * k},{19.0 + k}' for k in (1, 2)]


def test_parquet_reads_back_by_column(tmp_path: Path) -> None:
    filled(tmp_path / "data")
    file = tmp_path / "out.parquet"
    assert main_export(["parquet", "--storage.tsdb.path", str(tmp_path / "data"), "--output", str(file)]) == 0
    table = parquet.read_table(file)
    assert table.column_names == ["name", "labels", "timestamp", "value"]
    assert str(table.schema.field("timestamp").type) == "timestamp[ms, tz=UTC]"
    assert len(table) == 3 * 300
    chosen = [
        (row["timestamp"].timestamp() * 1000, row["value"])
        for row in table.to_pylist()
        if row["name"] == "requests_total" and dict(row["labels"]) == {"i": "2"}
    ]
    assert sorted(chosen) == [(START_MS + 60_000 * k, 19.0 + k) for k in range(1, 301)]


def test_parquet_without_its_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main_export(["parquet", "--storage.tsdb.path", str(tmp_path)]) == 1
    assert "pip install 'pharos[parquet]'" in capsys.readouterr().err


def test_a_folder_in_use_gives_its_blocks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = filled(tmp_path)
    storage = opened(tmp_path, clock)
    assert main_export(["csv", "--storage.tsdb.path", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "in use by another process" in captured.err
    assert 300 < len(captured.out.splitlines()) < 900
    storage.close()


def test_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main_import(["openmetrics", str(tmp_path / "nope"), "--storage.tsdb.path", str(tmp_path)]) == 1
    assert main_export(["csv", "--storage.tsdb.path", str(tmp_path / "nope")]) == 1
    error = capsys.readouterr().err
    assert "No such file" in error
    assert "Traceback" not in error
    assert series("a")
