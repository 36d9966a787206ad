"""Rules by group: state, expression, health and time of evaluation."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from dashboards.model.units import format_value
from dashboards.pages.alerts.firing import wanted
from dashboards.pages.base import PageContext, chip, notice
from dashboards.pages.tables import STATE, Column, Row, table

COLUMNS = (
    STATE,
    Column("Rule", "20%"),
    Column("Expression"),
    Column("For", "84px", number=True),
    Column("Evaluation", "108px", number=True),
)
STATES = {
    "firing": ("critical", "Firing"),
    "pending": ("warn", "Pending"),
    "inactive": ("ok", "OK"),
    "unknown": ("unknown", "Unknown"),
}


def rules(context: PageContext, answer: Mapping[str, Any], text: str) -> Component:
    """The rules of which all words of the filter occur in name, expression, labels or state."""
    sections = []
    for group in answer.get("groups", ()):
        chosen = [
            rule
            for rule in group.get("rules", ())
            if wanted(text, rule.get("name"), rule.get("query"), rule.get("labels"), rule.get("state"))
        ]
        if chosen:
            sections.append(_group(context, group, [_rule(context, rule) for rule in chosen]))
    if sections:
        return html.Div(sections)
    if text.strip() and answer.get("groups"):
        return notice(context.t("No rule matches the filter"), text)
    return notice(
        context.t("No rules"), context.t("Rule files are named in rule_files of the collector's configuration.")
    )


def _group(context: PageContext, group: Mapping[str, Any], rows: list[Row]) -> Component:
    interval = format_value(float(group.get("interval", 0)), "s")
    head = [
        html.H2(group.get("name", "")),
        html.Span(context.t("every {interval}", interval=interval), className="muted"),
    ]
    return html.Section([html.Div(head, className="card-head"), table(context, COLUMNS, rows)], className="card")


def _rule(context: PageContext, rule: Mapping[str, Any]) -> Row:
    state, word = _state(rule)
    name: list[Any] = [html.Strong(rule.get("name", ""))]
    if rule.get("lastError"):
        name.append(html.Div(rule["lastError"], className="row-error"))
    query = str(rule.get("query", ""))
    duration = float(rule.get("duration") or 0)
    return Row(
        [
            chip(context.t(word), state),
            html.Div(name),
            html.A(query, href=f"/explore?expr={quote(query, safe='')}", className="mono query-link"),
            format_value(duration, "s") if duration else "",
            format_value(float(rule.get("evaluationTime") or 0), "s"),
        ],
        attributes={
            "data-testid": "rule-row",
            "data-rule": rule.get("name", ""),
            "data-state": rule.get("state") or rule.get("type", ""),
        },
    )


def _state(rule: Mapping[str, Any]) -> tuple[str, str]:
    if rule.get("health") == "err":
        return "serious", "Error"
    if rule.get("type") == "recording":
        return "info", "Recording"
    return STATES.get(str(rule.get("state", "unknown")), STATES["unknown"])
