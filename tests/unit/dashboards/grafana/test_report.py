"""The import report."""

from typing import Any

import pytest

from dashboards.grafana.normalise import normalise


def notes(panel: dict[str, Any], **dashboard: Any) -> list[str]:
    return list(normalise({"title": "d", "panels": [{"title": "P", "type": "timeseries", **panel}], **dashboard}).notes)


def field(**defaults: Any) -> dict[str, Any]:
    return {"fieldConfig": {"defaults": defaults, "overrides": []}}


def override(matcher: dict[str, Any], *properties: dict[str, Any]) -> dict[str, Any]:
    return {"fieldConfig": {"defaults": {}, "overrides": [{"matcher": matcher, "properties": list(properties)}]}}


@pytest.mark.parametrize(
    ("panel", "option"),
    [
        (field(custom={"fillBelowTo": "min"}), "custom.fillBelowTo"),
        (field(custom={"axisCenteredZero": True}), "custom.axisCenteredZero"),
        (field(custom={"axisPlacement": "hidden"}), "custom.axisPlacement hidden"),
        (field(custom={"gradientMode": "scheme"}), "custom.gradientMode scheme"),
        (field(custom={"scaleDistribution": {"type": "symlog"}}), "custom.scaleDistribution symlog"),
        (field(color={"mode": "continuous-GrYlRd"}), "color mode continuous-GrYlRd"),
        (field(fieldMinMax=True), "fieldMinMax"),
        (override({"id": "byValue", "options": {}}), "override byValue"),
        (override({"id": "byType", "options": "string"}), "override byType string"),
        (override({"id": "byName", "options": "a"}, {"id": "custom.lineColor", "value": "x"}), "custom.lineColor"),
        ({"options": {"legend": {"calcs": ["max", "p95"]}}}, "calculation p95"),
        ({"options": {"timezone": ["utc"]}}, "options.timezone"),
        ({"type": "stat", "options": {"reduceOptions": {"fields": "/^a$/"}}}, "options.reduceOptions.fields"),
        ({"type": "stat", "options": {"justifyMode": "center"}}, "options.justifyMode"),
        ({"type": "piechart", "options": {"pieType": "pie"}}, "options.pieType pie"),
        ({"type": "table", "transformations": [{"id": "extractFields"}]}, "transformation extractFields"),
        ({"transformations": [{"id": "organize"}]}, "transformation organize"),
        ({"targets": [{"exemplar": True}]}, "exemplar"),
        ({"targets": [{"datasource": {"type": "loki", "uid": "l"}}]}, "data source of type loki"),
        ({"links": [{"url": "/x"}]}, "links"),
    ],
)
def test_each_option_without_effect_is_named(panel: dict[str, Any], option: str) -> None:
    assert notes(panel) == [f"{option} has no effect: P"]


@pytest.mark.parametrize(
    "panel",
    [
        field(unit="s", custom={"lineWidth": 2, "axisGridShow": True, "insertNulls": False, "barAlignment": 0}),
        field(color={"mode": "palette-classic"}, custom={"gradientMode": "opacity", "fillBelowTo": ""}),
        {"options": {"legend": {"calcs": ["lastNotNull"]}, "tooltip": {"mode": "multi"}}},
        {"type": "table", "transformations": [{"id": "organize"}, {"id": "reduce", "disabled": True}]},
        {"targets": [{"datasource": {"type": "prometheus", "uid": "${ds}"}}]},
        override({"id": "byName", "options": "a"}, {"id": "color", "value": "#C4162A"}),
    ],
)
def test_what_is_drawn_or_neutral_is_not_named(panel: dict[str, Any]) -> None:
    assert notes(panel) == []


def test_panels_with_the_same_option_share_a_line() -> None:
    panels = [{"title": f"P{n}", "type": "timeseries", "links": [{}]} for n in range(6)]
    assert normalise({"title": "d", "panels": panels}).notes == ("links has no effect: P0, P1, P2, P3 and 2 more",)


def test_options_of_the_dashboard_are_named() -> None:
    found = notes(
        {},
        annotations={"list": [{"builtIn": 1, "name": "alerts"}, {"name": "deploys", "enable": True}]},
        links=[{"type": "dashboards", "title": "All"}],
        timezone="Europe/Berlin",
        liveNow=True,
    )
    assert found == [
        "annotation deploys is not drawn",
        "link All: lists of dashboards are not shown",
        "timezone Europe/Berlin has no effect: times are shown in the browser's",
        "liveNow has no effect",
    ]


def test_built_in_dashboards_use_nothing_that_is_not_drawn() -> None:
    from dashboards.model.store import DashboardStore

    store = DashboardStore()
    store.refresh()
    assert {uid: found for uid, found in store.reports.items() if found} == {}
