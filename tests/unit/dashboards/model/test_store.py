"""The collection of dashboards."""

import json
import os
from pathlib import Path

import pytest

from dashboards.model.store import BUILTIN, DashboardStore


def write(path: Path, **content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def test_the_users_dashboards_come_beside_the_built_in_ones(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "a.json", uid="mine", title="Mine", tags=["team"])
    store = DashboardStore(tmp_path)
    assert store.get("mine") is not None
    assert store.get("node") is not None
    assert [dashboard.uid for dashboard in store.search("team")] == ["mine"]
    assert [dashboard.uid for dashboard in store.search("", ["team"])] == ["mine"]


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write(file, uid="a", title="Old")
    store = DashboardStore(tmp_path)
    assert store.get("a") is not None
    write(file, uid="a", title="A newer title")
    os.utime(file, (1, 1))
    found = store.get("a")
    assert found is not None
    assert found.title == "A newer title"
    file.unlink()
    assert store.get("a") is None


def test_a_broken_file_is_named_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    write(tmp_path / "good.json", uid="good", title="Good")
    write(tmp_path / "a strange.json", uid="strange", title="Strange", templating=3)
    store = DashboardStore(tmp_path)
    assert store.get("good") is not None
    assert sorted(store.problems) == [str(tmp_path / "a strange.json"), str(tmp_path / "broken.json")]


@pytest.mark.parametrize("uid", ["pharos-home", "node", "containers", "probes", "logs-overview", "pharos"])
def test_the_built_in_dashboards_are_there_and_need_no_migration(uid: str) -> None:
    store = DashboardStore()
    assert store.get(uid) is not None
    assert store.problems == {}
    assert store.reports[uid] == ()


def test_panels_of_the_built_in_dashboards_never_overlap() -> None:
    for path in BUILTIN.glob("*.json"):
        taken: dict[tuple[int, int], str] = {}
        for panel in json.loads(path.read_text())["panels"]:
            box = panel["gridPos"]
            for cell in (
                (x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])
            ):
                assert cell not in taken, f"{path.name}: {panel['title']} lies over {taken[cell]}"
                assert cell[0] < 24, f"{path.name}: {panel['title']} is too far right"
                taken[cell] = panel["title"]
