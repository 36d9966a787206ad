"""The four tabs of the alerts page as components."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.components import LocalTime
from dashboards.model.moments import parse_moment
from dashboards.model.units import format_value
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
SHOWN = 1000


def severity_state(labels: Mapping[str, str]) -> str:
    """The colour of an alert's severity."""
    return SEVERITY.get(str(labels.get("severity", "")).lower(), "serious")


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
    for group in groups:
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


def _group(context: PageContext, group: Mapping[str, Any], alerts: Sequence[Mapping[str, Any]]) -> Component:
    labels = group.get("labels") or {}
    active = sum((a.get("status") or {}).get("state") == "active" for a in alerts)
    title = [_label(k, v) for k, v in sorted(labels.items())] or [
        html.Span(context.t("Not grouped"), className="muted")
    ]
    receiver = (group.get("receiver") or {}).get("name", "")
    head = [
        html.Div(title, className="labels"),
        html.Span([icon("send", 13), receiver], className="muted receiver", title=context.t("Receiver")),
        chip(context.t("{n} firing", n=active), "critical" if active else "unknown"),
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


def rules(context: PageContext, data: Mapping[str, Any], text: str) -> Component:
    """Rule groups with state, expression, health and time of evaluation."""
    sections = []
    for group in data.get("groups", ()):
        chosen = [
            r
            for r in group.get("rules", ())
            if wanted(text, r.get("name"), r.get("query"), r.get("labels"), r.get("state"))
        ]
        if chosen:
            head = [
                html.H2(group.get("name", "")),
                html.Span(
                    context.t("every {interval}", interval=format_value(float(group.get("interval", 0)), "s")),
                    className="muted",
                ),
            ]
            columns = (("State", "c-state"), ("Rule", ""), ("Expression", ""), ("For", "num"), ("Evaluation", "num"))
            table = html.Table(
                [
                    html.Thead(html.Tr([html.Th(context.t(name), className=kind) for name, kind in columns])),
                    html.Tbody([_rule(context, r) for r in chosen]),
                ],
                className="table",
            )
            sections.append(
                html.Section(
                    [html.Div(head, className="card-head"), html.Div(table, className="table-wrap")], className="card"
                )
            )
    if sections:
        return html.Div(sections)
    return notice(
        context.t("No rules"), context.t("Rule files are named in rule_files of the collector's configuration.")
    )


RULE_STATES = {
    "firing": ("critical", "Firing"),
    "pending": ("warn", "Pending"),
    "inactive": ("ok", "OK"),
    "unknown": ("unknown", "Unknown"),
}


def _rule(context: PageContext, rule: Mapping[str, Any]) -> Component:
    if rule.get("type") == "recording":
        state, word = "info", "Recording"
    else:
        state, word = RULE_STATES.get(str(rule.get("state", "unknown")), ("unknown", "Unknown"))
    if rule.get("health") == "err":
        state, word = "serious", "Error"
    name: list[Any] = [html.Strong(rule.get("name", ""))]
    if rule.get("lastError"):
        name.append(html.Div(rule["lastError"], className="row-error"))
    query = str(rule.get("query", ""))
    return html.Tr(
        [
            html.Td(chip(context.t(word), state)),
            html.Td(name),
            html.Td(html.A(query, href=f"/explore?expr={quote(query, safe='')}", className="mono query-link")),
            html.Td(
                format_value(float(rule.get("duration") or 0), "s") if rule.get("duration") else "", className="num"
            ),
            html.Td(format_value(float(rule.get("evaluationTime") or 0), "s"), className="num"),
        ],
        **data(
            {
                "data-testid": "rule-row",
                "data-rule": rule.get("name", ""),
                "data-state": rule.get("state") or rule.get("type", ""),
            }
        ),
    )


SILENCE_STATES = {"active": ("info", "Active"), "pending": ("warn", "Pending"), "expired": ("unknown", "Expired")}


def silences(context: PageContext, entries: Iterable[Mapping[str, Any]], text: str) -> Component:
    """Silences, those in force first."""
    order = {"active": 0, "pending": 1, "expired": 2}
    chosen = [
        s
        for s in entries
        if wanted(text, s.get("matchers"), s.get("comment"), s.get("createdBy"), (s.get("status") or {}).get("state"))
    ]
    if not chosen:
        return notice(
            context.t("No silences"),
            context.t("A silence stops notifications for alerts that match."),
            testid="no-silences",
        )
    chosen.sort(key=lambda s: order.get((s.get("status") or {}).get("state", ""), 3))
    columns = (("State", "c-state"), ("Matchers", ""), ("Comment", ""), ("Who", ""), ("Ends", "num"), ("", "num"))
    head = html.Tr([html.Th(context.t(name) if name else "", className=kind) for name, kind in columns])
    body = html.Tbody([_silence(context, silence) for silence in chosen[:200]])
    return html.Section(
        html.Div(html.Table([html.Thead(head), body], className="table"), className="table-wrap"), className="card"
    )


def _silence(context: PageContext, silence: Mapping[str, Any]) -> Component:
    status = (silence.get("status") or {}).get("state", "")
    state, word = SILENCE_STATES.get(status, ("unknown", status))
    expire = dmc.Button(
        context.t("Expire"), id={"type": "silence-expire", "id": silence["id"]}, size="compact-xs", variant="default",
        **data({"data-testid": "silence-expire"}),
    )  # fmt: skip
    matchers = [html.Span(format_matcher(m), className="label") for m in silence.get("matchers", ())]
    return html.Tr(
        [
            html.Td(chip(context.t(word), state)),
            html.Td(html.Div(matchers, className="labels")),
            html.Td(silence.get("comment", "")),
            html.Td(silence.get("createdBy", "")),
            html.Td(LocalTime(ms=parse_moment(str(silence.get("endsAt", ""))), mode="both"), className="num"),
            html.Td(expire if status != "expired" else "", className="num"),
        ],
        className="muted-row" if status == "expired" else "",
        **data({"data-testid": "silence-row", "data-state": status}),
    )


def history(context: PageContext, entries: Sequence[Mapping[str, Any]] | None, text: str) -> Component:
    """Attempts to notify, newest first."""
    if entries is None:
        return notice(
            context.t("This alerting server keeps no history"),
            context.t("Pharos's own alerting records every attempt."),
        )
    chosen = [entry for entry in entries if wanted(text, *entry.values())]
    if not chosen:
        return notice(
            context.t("Nothing was sent yet"),
            context.t("Every attempt to notify somebody is listed here, with its result."),
            testid="no-history",
        )
    columns = (("Result", "c-state"), ("When", ""), ("Receiver", ""), ("Alerts", ""), ("Detail", ""))
    head = html.Tr([html.Th(context.t(name), className=kind) for name, kind in columns])
    body = html.Tbody([_attempt(context, entry) for entry in chosen[:200]])
    return html.Section(
        html.Div(html.Table([html.Thead(head), body], className="table"), className="table-wrap"), className="card"
    )


def _attempt(context: PageContext, entry: Mapping[str, Any]) -> Component:
    good = bool(entry.get("success"))
    alerts = [
        html.Span(
            [html.B(alert.get("status", "")), f" {(alert.get('labels') or {}).get('alertname', '')}"], className="label"
        )
        for alert in entry.get("alerts") or ()
    ]
    reasons = ", ".join(str(group.get("reason", "")) for group in entry.get("groups") or ())
    return html.Tr(
        [
            html.Td(chip(context.t("Sent") if good else context.t("Failed"), "ok" if good else "critical")),
            html.Td(LocalTime(ms=parse_moment(str(entry.get("at", ""))), mode="both")),
            html.Td(f"{entry.get('receiver', '')} · {entry.get('kind', '')}"),
            html.Td(
                html.Div([*alerts[:12], *([f"+ {len(alerts) - 12}"] if len(alerts) > 12 else [])], className="labels")
            ),
            html.Td(
                [
                    html.Div(
                        str(entry.get("error") or entry.get("answer") or ""), className="" if good else "row-error"
                    ),
                    html.Div(reasons, className="muted"),
                ],
                title=str(entry.get("body") or ""),
            ),
        ],
        **data({"data-testid": "notification-row", "data-state": "sent" if good else "failed"}),
    )
