"""Panel types of the past."""

from typing import Any

from dashboards.grafana.panels import barchart, graph, lost_options, singlestat, table_old, text


def drop(_: str) -> None:
    """Notes are not looked at here."""


def test_a_graph_keeps_its_drawing() -> None:
    panel: dict[str, Any] = {
        "type": "graph", "title": "g", "bars": False, "lines": True, "fill": 2, "linewidth": 3, "stack": True, "percentage": False,
        "nullPointMode": "connected", "steppedLine": True,
        "yaxes": [{"format": "bytes", "min": "0", "logBase": 10, "label": "left"}, {"format": "percent"}],
        "legend": {"show": True, "alignAsTable": True, "rightSide": True, "avg": True, "current": True},
        "seriesOverrides": [{"alias": "/out/", "transform": "negative-Y", "yaxis": 2, "color": "#fff", "fill": 0}, {"alias": "x", "legend": False}],
        "aliasColors": {"user": "#123456"},
        "thresholds": [{"value": 90, "colorMode": "critical"}],
    }  # fmt: skip
    graph(panel, drop)
    custom = panel["fieldConfig"]["defaults"]["custom"]
    assert panel["type"] == "timeseries"
    assert (custom["fillOpacity"], custom["lineWidth"], custom["stacking"]["mode"]) == (20, 3, "normal")
    assert custom["scaleDistribution"] == {"type": "log", "log": 10}
    assert custom["spanNulls"] is True
    assert panel["fieldConfig"]["defaults"]["min"] == 0
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1] == {"color": "red", "value": 90}
    assert panel["options"]["legend"] == {
        "showLegend": True,
        "displayMode": "table",
        "placement": "right",
        "calcs": ["mean", "lastNotNull"],
    }
    first = panel["fieldConfig"]["overrides"][0]
    assert first["matcher"] == {"id": "byRegexp", "options": "/out/"}
    assert {"id": "custom.transform", "value": "negative-Y"} in first["properties"]
    assert {"id": "unit", "value": "percent"} in first["properties"]
    assert panel["fieldConfig"]["overrides"][-1]["matcher"]["options"] == "user"


def test_a_graph_over_something_else_is_noted() -> None:
    notes: list[str] = []
    graph({"title": "h", "xaxis": {"mode": "histogram"}}, notes.append)
    assert notes == ["h: a graph over histogram is drawn over time"]


def test_a_single_stat_keeps_thresholds_mappings_and_sparkline() -> None:
    panel: dict[str, Any] = {
        "type": "singlestat", "format": "percent", "thresholds": "50, 80", "colors": ["#0f0", "#ff0", "#f00"], "colorValue": True, "valueName": "max",
        "sparkline": {"show": True}, "valueMaps": [{"value": "1", "text": "UP"}, {"value": "null", "text": "N/A"}], "decimals": 1, "prefix": "~",
    }  # fmt: skip
    notes: list[str] = []
    singlestat(panel, notes.append)
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["type"] == "stat"
    assert [step["value"] for step in defaults["thresholds"]["steps"]] == [None, 50.0, 80.0]
    assert defaults["mappings"] == [{"type": "value", "options": {"1": {"text": "UP"}}}]
    assert panel["options"]["reduceOptions"]["calcs"] == ["max"]
    assert (panel["options"]["graphMode"], panel["options"]["colorMode"]) == ("area", "value")
    assert len(notes) == 1


def test_a_single_stat_with_a_gauge_is_a_gauge() -> None:
    panel: dict[str, Any] = {"type": "singlestat", "gauge": {"show": True, "minValue": 0, "maxValue": 50}}
    singlestat(panel, drop)
    assert panel["type"] == "gauge"
    assert panel["fieldConfig"]["defaults"]["max"] == 50


def test_styles_of_an_old_table_become_overrides() -> None:
    panel: dict[str, Any] = {
        "type": "table",
        "styles": [
            {"pattern": "Time", "type": "hidden"},
            {
                "pattern": "Value #A",
                "type": "number",
                "unit": "bytes",
                "alias": "Size",
                "decimals": 1,
                "link": True,
                "linkUrl": "/d/x",
            },
        ],
    }
    table_old(panel, drop)
    hidden, size = panel["fieldConfig"]["overrides"]
    assert hidden["properties"] == [{"id": "custom.hidden", "value": True}]
    assert [item["id"] for item in size["properties"]] == ["displayName", "unit", "decimals", "links"]


def test_a_new_table_is_left_alone() -> None:
    panel: dict[str, Any] = {"type": "table", "fieldConfig": {"defaults": {"unit": "s"}}}
    table_old(panel, drop)
    assert panel["fieldConfig"] == {"defaults": {"unit": "s"}}


def test_a_bar_chart_is_a_table_and_noted() -> None:
    panel: dict[str, Any] = {"type": "barchart", "title": "b"}
    notes: list[str] = []
    barchart(panel, notes.append)
    assert panel["type"] == "table"
    assert notes == ["b: a bar chart is shown as a table"]


def test_text_moves_into_its_options() -> None:
    panel: dict[str, Any] = {"type": "text", "content": "hi", "mode": "markdown"}
    text(panel, drop)
    assert panel["options"] == {"content": "hi", "mode": "markdown"}


def test_what_a_graph_loses_is_named() -> None:
    panel = {
        "title": "G",
        "type": "graph",
        "dashes": True,
        "legend": {"hideZero": True},
        "seriesOverrides": [{"alias": "a", "zindex": 3, "fill": 0}],
        "yaxes": [{}, {"min": 0, "format": "s"}],
    }
    assert [option.split(" ")[0] for option in lost_options(panel)] == [
        "dashes",
        "legend.hideZero",
        "seriesOverrides.zindex",
        "yaxes[1].min",
    ]


def test_ranges_of_a_single_stat_become_mappings() -> None:
    ranges = [
        {"from": "0", "to": "1", "text": "low"},
        {"from": "1", "to": "null", "text": "high"},
        {"from": "", "to": ""},
    ]
    panel: dict[str, Any] = {"type": "singlestat", "mappingType": 2, "rangeMaps": ranges}
    singlestat(panel, lambda _: None)
    assert [item["options"] for item in panel["fieldConfig"]["defaults"]["mappings"]] == [
        {"from": 0.0, "to": 1.0, "result": {"text": "low"}},
        {"from": 1.0, "to": None, "result": {"text": "high"}},
    ]


def test_colours_and_dates_of_an_old_table_are_kept() -> None:
    style = {"pattern": "Value", "type": "number", "unit": "percent", "thresholds": ["70", "90"], "colorMode": "cell"}
    date = {"pattern": "Time", "type": "date", "alias": "When"}
    panel: dict[str, Any] = {"type": "table-old", "styles": [style, date]}
    table_old(panel, lambda _: None)
    value, when = ({p["id"]: p["value"] for p in o["properties"]} for o in panel["fieldConfig"]["overrides"])
    assert value["custom.cellOptions"] == {"type": "color-background"}
    assert [step["value"] for step in value["thresholds"]["steps"]] == [None, 70.0, 90.0]
    assert when == {"displayName": "When", "unit": "dateTimeAsIso"}


def test_the_order_and_width_of_a_graphs_legend_are_kept() -> None:
    legend = {"alignAsTable": True, "rightSide": True, "sideWidth": 300, "sort": "current", "sortDesc": True}
    panel: dict[str, Any] = {"type": "graph", "legend": legend}
    graph(panel, drop)
    assert (
        panel["options"]["legend"] | {"width": 300, "sortBy": "lastNotNull", "sortDesc": True}
        == panel["options"]["legend"]
    )
