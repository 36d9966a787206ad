from pathlib import Path

import pytest

from pharos.config import ConfigError
from pharos.config.document import parse_document, plain, read_document


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yml: cannot read the file: No such file"):
        read_document(tmp_path / "none.yml")


def test_only_utf8(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_bytes(b"a: \xff")
    with pytest.raises(ConfigError, match="expected UTF-8"):
        read_document(tmp_path / "x.yml")


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 8)]
    with pytest.raises(ConfigError, match="aliases that multiply"):
        parse_document("\n".join(lines), "x.yml")


def test_plain_values() -> None:
    node = parse_document("a: [1, x, null]", "x.yml")
    assert node is not None
    assert plain(node) == {"a": [1, "x", None]}
