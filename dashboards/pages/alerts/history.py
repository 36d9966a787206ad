"""What was sent to whom, newest first, and what the other side answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.components import LocalTime
from dashboards.model.moments import parse_moment
from dashboards.pages.alerts.firing import wanted
from dashboards.pages.base import PageContext, chip, notice
from dashboards.pages.tables import Column, Row, table

COLUMNS = (
    Column("Result", "116px"),
    Column("When", "230px"),
    Column("Receiver", "16%"),
    Column("Alerts", "28%"),
    Column("Detail"),
)
SHOWN = 200
ALERTS_SHOWN = 12


def history(context: PageContext, entries: Sequence[Mapping[str, Any]] | None, text: str) -> Component:
    """Attempts to notify; None when the server keeps no record of them."""
    if entries is None:
        return notice(
            context.t("This alerting server keeps no history"),
            context.t("Pharos's own alerting records every attempt."),
        )
    chosen = [entry for entry in entries if wanted(text, *entry.values())]
    if not chosen:
        title = "No notification matches the filter" if entries and text.strip() else "Nothing was sent yet"
        explained = context.t("Every attempt to notify somebody is listed here, with its result.")
        return notice(context.t(title), explained, testid="no-history")
    rows = [_attempt(context, entry) for entry in chosen[:SHOWN]]
    return html.Section(table(context, COLUMNS, rows), className="card")


def _attempt(context: PageContext, entry: Mapping[str, Any]) -> Row:
    good = bool(entry.get("success"))
    alerts = [_alert(alert) for alert in entry.get("alerts") or ()]
    rest = [f"+ {len(alerts) - ALERTS_SHOWN}"] if len(alerts) > ALERTS_SHOWN else []
    answer = str(entry.get("error") or entry.get("answer") or "")
    reasons = ", ".join(str(group.get("reason", "")) for group in entry.get("groups") or ())
    detail = [html.Div(answer, className="" if good else "row-error"), html.Div(reasons, className="muted")]
    return Row(
        [
            chip(context.t("Sent") if good else context.t("Failed"), "ok" if good else "critical"),
            LocalTime(ms=parse_moment(str(entry.get("at", ""))), mode="both"),
            f"{entry.get('receiver', '')} · {entry.get('kind', '')}",
            html.Div([*alerts[:ALERTS_SHOWN], *rest], className="labels"),
            html.Div(detail, title=str(entry.get("body") or "")),
        ],
        attributes={"data-testid": "notification-row", "data-state": "sent" if good else "failed"},
    )


def _alert(alert: Mapping[str, Any]) -> Component:
    name = (alert.get("labels") or {}).get("alertname", "")
    return html.Span([html.B(alert.get("status", "")), f" {name}"], className="label")
