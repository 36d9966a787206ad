import builtins
from pathlib import Path

import pytest

from pharos.registry import Registry


@pytest.fixture
def shapes() -> Registry[object]:
    registry: Registry[object] = Registry("shape")

    @registry.register("circle", default=False, corners=0)
    def circle() -> None:
        """Round all over.

        More text.
        """

    registry.register("square")(object())
    return registry


def test_remembers_what_was_registered(shapes: Registry[object]) -> None:
    assert [plugin.name for plugin in shapes] == ["circle", "square"]
    assert (shapes["circle"].default, shapes["circle"].facts, shapes["circle"].summary) == (
        False,
        {"corners": 0},
        "Round all over.",
    )
    assert "square" in shapes
    assert len(shapes) == 2


def test_a_name_is_taken_once(shapes: Registry[object]) -> None:
    with pytest.raises(ValueError, match="registered twice"):
        shapes.register("circle")(object())


def test_an_unknown_name_suggests_the_nearest(shapes: Registry[object]) -> None:
    with pytest.raises(KeyError, match="did you mean 'square'"):
        shapes["squre"]


def test_plugins_of_other_distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Registry[object] = Registry("blob")
    kept.load_entry_points()
    (tmp_path / "blobs.py").write_text("import builtins\nbuiltins.loaded_blobs = True\n")
    info = tmp_path / "blobs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: blobs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pharos.blob]\nround = blobs\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(builtins, "loaded_blobs", False, raising=False)
    kept.load_entry_points()
    assert builtins.loaded_blobs  # type: ignore[attr-defined]
