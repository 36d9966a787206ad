from pathlib import Path

import pytest

from collector.storage.text_import import TextImportError, import_text

from .storage_support import START_MS, everything, opened, series

OPENMETRICS = """# TYPE requests counter
# HELP requests All of them.
requests_total{code="200",path="/a b}"} 1 1700006400.5 # {trace="x"} 1 1
requests_total{code="200",path="/a b}"} 2 1700006415.5
{"with.dot","label.x"="say \\"hi\\"\\n"} NaN 1700013700
plain 1e3 1700006400
# EOF
"""


def test_openmetrics_becomes_blocks(tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_text(OPENMETRICS)
    ticks: list[tuple[int, int]] = []
    report = import_text(source, tmp_path / "data", START_MS, lambda done, total: ticks.append((done, total)))
    assert (report.samples, report.series, report.blocks) == (4, 3, 2)
    assert ticks[-1] == (len(OPENMETRICS), len(OPENMETRICS))
    storage = opened(tmp_path / "data", retention_ms=0)
    found = everything(storage)
    assert found[series("requests_total", code="200", path="/a b}")] == [
        (START_MS + 500, 1.0),
        (START_MS + 15_500, 2.0),
    ]
    assert found[series("plain")] == [(START_MS, 1000.0)]
    assert [t for t, _ in found[series("with.dot", **{"label.x": 'say "hi"\n'})]] == [1_700_013_700_000]
    storage.close()


def test_the_text_format_has_milliseconds_and_a_running_server_notices(tmp_path: Path) -> None:
    storage = opened(tmp_path / "data", retention_ms=0)
    source = tmp_path / "in.txt"
    source.write_text(f"up 1 {START_MS}\nup 0 {START_MS + 1}\n")
    import_text(source, tmp_path / "data", START_MS, lambda done, total: None)
    storage.maintain(START_MS)
    assert everything(storage) == {series("up"): [(START_MS, 1.0), (START_MS + 1, 0.0)]}
    storage.close()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("up 1", "without a timestamp"),
        ("up one 5", "could not convert"),
        ("up{a=b} 1 5", "labels that cannot be read"),
        ("!", "expected `name"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    source = tmp_path / "in.txt"
    source.write_text(f"up 1 5\n{line}\n")
    with pytest.raises(TextImportError, match=f"line 2: .*{message}"):
        import_text(source, tmp_path / "data", START_MS, lambda done, total: None)
