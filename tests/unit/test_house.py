"""The walls of the house: who may import whom, and that tests mirror the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("exporters", "blackbox", "collector", "logship", "logstore", "alerting", "dashboards")
# Inside the collector a layer may only import the layers listed for it (and `collector.histogram`, a plain value).
COLLECTOR_LAYERS = {
    "storage": {"storage", "promql.series_notation"},
    "discovery": {"discovery", "config"},
    "promql": {"promql", "storage"},
}


def sources(folder: str) -> Iterator[Path]:
    return (path for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("part", PARTS)
def test_parts_never_import_each_other(part: str) -> None:
    others = {other for other in PARTS if other != part}
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(part)
        for name in imported(path)
        if name.split(".")[0] in others
    ]
    assert broken == []


def test_the_kit_imports_no_part() -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("pharos")
        if path.relative_to(ROOT).parts[1] not in ("cli", "up")
        for name in imported(path)
        if name.split(".")[0] in PARTS
    ]
    assert broken == []


@pytest.mark.parametrize("layer", COLLECTOR_LAYERS)
def test_layers_of_the_collector(layer: str) -> None:
    allowed = COLLECTOR_LAYERS[layer] | {"histogram"}
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(f"collector/{layer}")
        for name in imported(path)
        if name.startswith("collector.")
        and not any(f"{name}.".startswith(f"collector.{inside}.") for inside in allowed)
    ]
    assert broken == []


def test_every_unit_test_mirrors_a_source() -> None:
    strays = []
    for path in (ROOT / "tests" / "unit").rglob("test_*.py"):
        inside = path.relative_to(ROOT / "tests" / "unit")
        if inside.name == "test_house.py":
            continue
        name = inside.name.removeprefix("test_").removesuffix(".py")
        folder = ROOT / inside.parent
        if not ((folder / f"{name}.py").exists() or (folder / name).is_dir()):
            strays.append(str(inside))
    assert strays == []


def test_no_file_names_this_machine() -> None:
    here = f"{ROOT}/"
    named = [
        str(path.relative_to(ROOT))
        for folder in (*PARTS, "pharos", "deploy", "docs", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".yml", ".yaml", ".md", ".js", ".json") and here in path.read_text()
    ]
    assert named == []
