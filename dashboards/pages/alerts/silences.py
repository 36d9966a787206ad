"""Silences, those in force first, each with what it takes to change or end it."""

from collections.abc import Iterable, Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.components import LocalTime
from dashboards.model.moments import parse_moment
from dashboards.pages.alerts.firing import wanted
from dashboards.pages.base import PageContext, chip, data, notice
from dashboards.pages.tables import STATE, Column, Row, table
from dashboards.sources.matchers import format_matcher

COLUMNS = (
    STATE,
    Column("Matchers", "32%"),
    Column("Comment"),
    Column("Who", "12%"),
    Column("Ends", "230px", number=True),
    Column("", "150px", number=True),
)
STATES = {"active": ("info", "Active"), "pending": ("warn", "Pending"), "expired": ("unknown", "Expired")}
ORDER = {"active": 0, "pending": 1, "expired": 2}
SHOWN = 200


def silences(context: PageContext, entries: Iterable[Mapping[str, Any]], text: str) -> Component:
    """The silences of which all words of the filter occur."""
    known = list(entries)
    chosen = [s for s in known if wanted(text, s.get("matchers"), s.get("comment"), s.get("createdBy"), _state(s))]
    if not chosen:
        title = "No silence matches the filter" if known and text.strip() else "No silences"
        explained = context.t("A silence stops notifications for alerts that match.")
        return notice(context.t(title), explained, testid="no-silences")
    chosen.sort(key=lambda silence: ORDER.get(_state(silence), 3))
    rows = [_row(context, silence) for silence in chosen[:SHOWN]]
    return html.Section(table(context, COLUMNS, rows), className="card")


def _state(silence: Mapping[str, Any]) -> str:
    return str((silence.get("status") or {}).get("state", ""))


def _row(context: PageContext, silence: Mapping[str, Any]) -> Row:
    status = _state(silence)
    state, word = STATES.get(status, ("unknown", status))
    matchers = [html.Span(format_matcher(m), className="label") for m in silence.get("matchers", ())]
    return Row(
        [
            chip(context.t(word), state),
            html.Div(matchers, className="labels"),
            silence.get("comment", ""),
            silence.get("createdBy", ""),
            LocalTime(ms=parse_moment(str(silence.get("endsAt", ""))), mode="both"),
            html.Div(_actions(context, silence, status), className="row-actions"),
        ],
        kind="muted-row" if status == "expired" else "",
        attributes={"data-testid": "silence-row", "data-state": status},
    )


def _actions(context: PageContext, silence: Mapping[str, Any], status: str) -> list[Component]:
    """An expired silence can only be made anew."""
    change = _button(context.t("Again" if status == "expired" else "Edit"), "silence-edit", silence["id"])
    if status == "expired":
        return [change]
    return [change, _button(context.t("Expire"), "silence-expire", silence["id"])]


def _button(label: str, kind: str, silence_id: str) -> Component:
    button: Component = dmc.Button(
        label, id={"type": kind, "id": silence_id}, size="compact-xs", variant="default", **data({"data-testid": kind})
    )
    return button
