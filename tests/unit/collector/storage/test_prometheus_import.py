"""Against blocks that a real promtool made: see the peers test in tests/integration; here only what is refused."""

from pathlib import Path

import pytest

from collector.storage.prometheus_blocks import SourceBlock
from collector.storage.prometheus_import import import_prometheus
from collector.storage.sections import CorruptFileError

ULID = "01HF8HD580PC83WZMZD79RN0ZT"


def test_an_empty_folder_has_nothing_to_import(tmp_path: Path) -> None:
    report = import_prometheus(tmp_path, tmp_path / "data", 0, lambda done, total: None)
    assert (report.blocks, report.samples) == (0, 0)


def test_a_strange_index_is_refused(tmp_path: Path) -> None:
    block = tmp_path / ULID
    (block / "chunks").mkdir(parents=True)
    (block / "meta.json").write_text('{"minTime": 0, "maxTime": 1}')
    (block / "index").write_bytes(b"\0" * 100)
    with pytest.raises(CorruptFileError, match="not an index of format 2"):
        SourceBlock(block)
