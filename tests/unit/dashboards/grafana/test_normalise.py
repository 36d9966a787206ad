"""Dashboards of every age in one shape."""

import pytest

from dashboards.grafana.normalise import normalise


def test_an_old_dashboard_with_rows_is_laid_out() -> None:
    old = {
        "title": "Old",
        "schemaVersion": 12,
        "rows": [
            {"title": "CPU", "showTitle": True, "height": "250px", "panels": [
                {"id": 1, "type": "graph", "span": 6, "targets": [{"expr": "up"}], "datasource": "Prom"},
                {"id": 2, "type": "singlestat", "span": 6, "format": "bytes"},
            ]},
            {"title": "More", "collapse": True, "panels": [{"id": 3, "type": "table", "span": 12, "styles": []}]},
        ],
    }  # fmt: skip
    panels = normalise(old).dashboard["panels"]
    assert [panel["type"] for panel in panels] == ["row", "timeseries", "stat", "row"]
    assert panels[1]["gridPos"] == {"x": 0, "y": 1, "w": 12, "h": 7}
    assert panels[2]["gridPos"]["x"] == 12
    assert panels[1]["datasource"] == {"uid": "Prom"}
    assert panels[3]["collapsed"] is True
    assert panels[3]["panels"][0]["type"] == "table"


def test_the_input_is_left_alone_and_unknown_keys_are_kept() -> None:
    given = {"title": "x", "panels": [{"type": "graph", "somethingNew": 1}], "future": True}
    normal = normalise(given).dashboard
    assert given["panels"][0]["type"] == "graph"  # type: ignore[index]
    assert normal["future"] is True
    assert normal["panels"][0]["somethingNew"] == 1


def test_what_cannot_be_drawn_is_noted() -> None:
    notes = normalise(
        {
            "title": "x",
            "panels": [{"type": "geomap", "title": "World"}],
            "templating": {"list": [{"name": "f", "type": "adhoc"}]},
        }
    ).notes
    assert notes == (
        "variable f: type adhoc is shown but has no effect",
        "World: a geomap panel is shown as a placeholder",
    ) or set(notes) == {
        "variable f: type adhoc is shown but has no effect",
        "World: a geomap panel is shown as a placeholder",
    }


def test_inputs_of_a_shared_dashboard_stand_for_their_type() -> None:
    shared = {
        "title": "x",
        "__inputs": [
            {"name": "DS_PROM", "type": "datasource", "pluginId": "prometheus"},
            {"name": "VAR_J", "type": "constant", "value": "node"},
        ],
        "panels": [{"type": "stat", "datasource": {"uid": "${DS_PROM}"}, "title": "${VAR_J} ${other}"}],
    }
    panel = normalise(shared).dashboard["panels"][0]
    assert panel["datasource"] == {"uid": "prometheus"}
    assert panel["title"] == "node ${other}"


def test_the_envelope_of_the_api_is_taken_off() -> None:
    assert normalise({"dashboard": {"title": "inner", "panels": []}, "meta": {}}).dashboard["title"] == "inner"


@pytest.mark.parametrize("schema", range(8, 43))
def test_every_schema_version_is_read(schema: int) -> None:
    body = (
        {"rows": [{"panels": [{"type": "graph", "span": 4}]}]}
        if schema < 16
        else {"panels": [{"type": "timeseries", "gridPos": {"x": 0, "y": 0, "w": 8, "h": 8}}]}
    )
    assert normalise({"title": "x", "schemaVersion": schema, **body}).dashboard["panels"][0]["type"] == "timeseries"


@pytest.mark.parametrize(
    "given", [[], {"panels": []}, {"title": "x", "panels": 3}, {"title": "x", "spec": {"elements": {}}}]
)
def test_other_json_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match=r"dashboard|list|V2"):
        normalise(given)  # type: ignore[arg-type]
