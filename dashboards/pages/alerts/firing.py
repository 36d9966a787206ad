"""Alerts that fire, as alerting groups them, and those about to."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.components import LocalTime
from dashboards.model.moments import parse_moment
from dashboards.pages.base import PageContext, chip, data, icon, notice
from dashboards.sources.matchers import format_matcher

SEVERITY = {
    "critical": "critical",
    "page": "critical",
    "error": "serious",
    "warning": "warn",
    "info": "info",
    "none": "unknown",
}
RANKING = ("critical", "serious", "warn", "info", "unknown")
SHOWN = 1000


def severity_state(labels: Mapping[str, str]) -> str:
    """The colour of an alert's severity."""
    return SEVERITY.get(str(labels.get("severity", "")).lower(), "serious")


def worst(alerts: Sequence[Mapping[str, Any]]) -> str:
    """The colour of the most severe alert that is active."""
    states = {severity_state(a.get("labels") or {}) for a in alerts if (a.get("status") or {}).get("state") == "active"}
    return min(states, key=RANKING.index, default="unknown")


def wanted(text: str, *parts: object) -> bool:
    """Whether all words of the filter occur."""
    haystack = " ".join(str(part) for part in parts).lower()
    return all(word in haystack for word in text.lower().split())


def firing(
    context: PageContext, groups: Sequence[Mapping[str, Any]], pending: Sequence[Mapping[str, Any]], text: str
) -> Component:
    """Alerts as alerting groups them, and those about to fire."""
    shown = 0
    sections = []
    for group in sorted(groups, key=lambda group: not _active(group)):
        chosen = [a for a in group.get("alerts", ()) if wanted(text, a.get("labels"), a.get("annotations"))]
        if chosen and shown < SHOWN:
            sections.append(_group(context, group, chosen[: SHOWN - shown]))
            shown += len(chosen)
    waiting = [a for a in pending if wanted(text, a.get("labels"), a.get("annotations"))]
    if waiting:
        sections.append(_pending(context, waiting))
    if sections:
        return html.Div(sections)
    if text.strip() and (groups or pending):
        return notice(context.t("No alert matches the filter"), text)
    return notice(context.t("All quiet"), context.t("No alert is firing or pending."), state="ok", testid="no-alerts")


def _active(group: Mapping[str, Any]) -> int:
    return sum((alert.get("status") or {}).get("state") == "active" for alert in group.get("alerts", ()))


def _group(context: PageContext, group: Mapping[str, Any], alerts: Sequence[Mapping[str, Any]]) -> Component:
    labels = group.get("labels") or {}
    active = _active({"alerts": alerts})
    title = [_label(k, v) for k, v in sorted(labels.items())] or [
        html.Span(context.t("Not grouped"), className="muted")
    ]
    receiver = (group.get("receiver") or {}).get("name", "")
    head = [
        html.Div(title, className="labels"),
        html.Span([icon("send", 13), receiver], className="muted receiver", title=context.t("Receiver")),
        chip(context.t("{n} firing", n=active), worst(alerts)) if active else chip(context.t("Muted"), "unknown"),
    ]
    rows = [_alert(context, alert, labels) for alert in sorted(alerts, key=_alert_order)]
    return html.Section(
        [html.Div(head, className="card-head"), html.Div(rows, className="alerts")],
        className="card",
        **data({"data-testid": "alert-group"}),
    )


def _alert_order(alert: Mapping[str, Any]) -> tuple[bool, str, str]:
    state = (alert.get("status") or {}).get("state")
    return (state != "active", severity_state(alert.get("labels") or {}), str(alert.get("startsAt", "")))


def _alert(context: PageContext, alert: Mapping[str, Any], shared: Mapping[str, str]) -> Component:
    labels, annotations = alert.get("labels") or {}, alert.get("annotations") or {}
    status = alert.get("status") or {}
    silenced, inhibited = status.get("silencedBy") or (), status.get("inhibitedBy") or ()
    state = severity_state(labels)
    if silenced or inhibited:
        mark = chip(context.t("Silenced") if silenced else context.t("Inhibited"), "unknown")
    else:
        mark = chip(str(labels.get("severity") or context.t("firing")), state)
    own = {k: v for k, v in labels.items() if k not in shared and k not in ("alertname", "severity")}
    matchers = ", ".join(format_matcher({"name": k, "value": v}) for k, v in sorted(labels.items()))
    actions = [_graph_link(context, alert.get("generatorURL", ""))]
    if not silenced:
        actions.append(
            dmc.Button(
                context.t("Silence"), id={"type": "alert-silence", "labels": matchers}, size="compact-xs", variant="default",
                leftSection=icon("bell-off", 13),
            )
        )  # fmt: skip
    return _alert_row(
        labels,
        annotations,
        mark,
        own,
        parse_moment(str(alert.get("startsAt", ""))),
        actions,
        "muted-row" if silenced else state,
    )


def _alert_row(
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    mark: Component,
    own: Mapping[str, str],
    since_ms: int,
    actions: Sequence[Any],
    kind: str,
    state: str = "active",
) -> Component:
    name = labels.get("alertname", "")
    summary = annotations.get("summary") or annotations.get("message") or annotations.get("description") or ""
    more = annotations.get("description", "") if annotations.get("summary") else ""
    text = [
        html.Div([html.Strong(name), html.Span(summary, className="alert-summary")], className="alert-title"),
        *([html.Div(more, className="alert-more")] if more else []),
        html.Div([_label(k, v) for k, v in sorted(own.items())], className="labels"),
    ]
    side = [
        html.Span([LocalTime(ms=since_ms, mode="ago")], className="muted num"),
        *[a for a in actions if a is not None],
    ]
    return html.Div(
        [
            html.Div(mark, className="alert-mark"),
            html.Div(text, className="alert-text"),
            html.Div(side, className="alert-side"),
        ],
        className=f"alert {kind}",
        **data({"data-testid": "alert-row", "data-alertname": name, "data-state": state}),
    )


def _pending(context: PageContext, alerts: Sequence[Mapping[str, Any]]) -> Component:
    rows = [
        _alert_row(
            a.get("labels") or {},
            a.get("annotations") or {},
            chip(context.t("Pending"), "warn"),
            {k: v for k, v in (a.get("labels") or {}).items() if k != "alertname"},
            parse_moment(str(a.get("activeAt", ""))),
            (),
            "pending",
            "pending",
        )
        for a in alerts
    ]
    head = [html.H2(context.t("About to fire")), chip(context.t("{n} pending", n=len(rows)), "warn")]
    return html.Section(
        [html.Div(head, className="card-head"), html.Div(rows, className="alerts")],
        className="card",
        **data({"data-testid": "alert-pending"}),
    )


def _graph_link(context: PageContext, generator: str) -> Component | None:
    """The expression behind an alert, in Explore."""
    _, found, rest = generator.partition("g0.expr=")
    if not found:
        return None
    return html.A(
        [icon("explore", 13), context.t("Graph")], href=f"/explore?expr={rest.split('&')[0]}", className="small-link"
    )


def _label(name: str, value: object) -> Component:
    return html.Span([html.B(name), f"={value}"], className="label")
