"""The list of dashboards."""

from pathlib import Path

import orjson

from dashboards.model.store import DashboardStore
from dashboards.pages.base import PageContext
from dashboards.pages.dashboards import listing
from tests.unit.dashboards.api.support import Api
from tests.unit.dashboards.pages.test_targets import shown


def test_home_is_no_dashboard_to_choose() -> None:
    text = shown(listing(PageContext(Api().services, "/dashboards"), ""))
    assert "/d/node/node" in text
    assert "/d/pharos-home" not in text


def test_what_looks_different_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(orjson.dumps({"title": "Mine", "panels": [{"type": "geomap", "title": "World"}]}))
    (tmp_path / "b.json").write_text("{")
    text = shown(listing(PageContext(Api(store=DashboardStore(tmp_path)).services, "/dashboards"), ""))
    assert "World: a geomap panel is shown as a placeholder" in text
    assert "cannot be read" in text


def test_nothing_found_is_said() -> None:
    assert "No dashboard matches" in shown(listing(PageContext(Api().services, "/dashboards"), "zzz"))
