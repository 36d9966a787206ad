"""Reading dashboards."""

import pytest

from dashboards.model.dashboard import read_dashboard


def test_the_address_follows_grafanas_scheme() -> None:
    dashboard = read_dashboard({"uid": "abc", "title": "Node Exporter / Full", "panels": []})
    assert dashboard.path == "/d/abc/node-exporter-full"


def test_without_a_uid_the_title_serves() -> None:
    assert read_dashboard({"title": "My Board", "panels": []}).uid == "my-board"


def test_panels_in_rows_are_found() -> None:
    dashboard = read_dashboard(
        {"title": "x", "panels": [{"id": 1, "type": "stat"}, {"type": "row", "panels": [{"id": 2, "type": "stat"}]}]}
    )
    assert [panel["id"] for panel in dashboard.all_panels()] == [1, 2]


def test_defaults_are_sensible() -> None:
    dashboard = read_dashboard({"title": "x", "refresh": False})
    assert (dashboard.time_from, dashboard.time_to, dashboard.refresh) == ("now-1h", "now", "")


def test_other_json_is_refused() -> None:
    with pytest.raises(ValueError, match="no dashboard"):
        read_dashboard({"panels": []})
