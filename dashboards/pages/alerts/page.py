"""Alerts: what fires now by group, silences, the state of the rules, and what was sent to whom."""

import asyncio
import re
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from dashboards.components import Toolbar
from dashboards.pages.alerts.firing import firing
from dashboards.pages.alerts.form import FormFill, durations, fill_from, preview, save_silence, silence_form
from dashboards.pages.alerts.history import history
from dashboards.pages.alerts.rules import rules
from dashboards.pages.alerts.silences import silences
from dashboards.pages.base import PATIENCE_S, Page, PageContext, data, icon, keep_in_url, notice
from dashboards.services import Services
from dashboards.sources.base import SourceError, patience

TABS = (("firing", "Firing"), ("rules", "Rules"), ("silences", "Silences"), ("history", "Notifications"))


class AlertsPage(Page):
    """`/alerts?tab=...`."""

    pattern = re.compile(r"/alerts/?")
    nav = ("/alerts", "Alerts", "alerts")
    charts = False

    async def layout(self, context: PageContext) -> Component:
        tab = context.first("tab", "firing")
        tab = tab if tab in dict(TABS) else "firing"
        bar = html.Div(
            [
                dmc.SegmentedControl(
                    id="alert-tab",
                    value=tab,
                    data=[{"value": key, "label": context.t(label)} for key, label in TABS],
                    size="xs",
                ),
                dmc.TextInput(
                    id="alert-search",
                    value=context.first("search"),
                    placeholder=context.t("Filter by name, label or text"),
                    leftSection=icon("search"),
                    debounce=120,
                    className="field-wide",
                    **data({"data-testid": "alert-search"}),
                ),
                dmc.Button(
                    context.t("New silence"),
                    id="silence-new",
                    leftSection=icon("bell-off"),
                    size="sm",
                    **data({"data-testid": "silence-new"}),
                ),
            ],
            className="filterbar",
            **data({"data-testid": "alert-tabs"}),
        )
        return html.Div(
            [
                Toolbar(id="toolbar", page="alerts", title=context.t("Alerts"), features=[]),
                bar,
                html.Div(await show(context, tab, context.first("search")), id="alert-view"),
                silence_form(context),
                dcc.Store(id="alert-changed", data=0),
                dcc.Interval(id="alert-tick", interval=5000),
            ],
            className="page",
        )

    def register(self, app: Dash, services: Services) -> None:
        keep_in_url(app, tab="alert-tab", search="alert-search")
        _register_view(app, services)
        _register_form(app, services)


def _context(services: Services, client: dict[str, str] | None) -> PageContext:
    return PageContext(services, "/alerts", {}, (client or {}).get("lang", "en"))


def _register_view(app: Dash, services: Services) -> None:
    @app.callback(
        Output("alert-view", "children"),
        Input("alert-tick", "n_intervals"),
        Input("alert-tab", "value"),
        Input("alert-search", "value"),
        Input("alert-changed", "data"),
        State("client", "data"),
        prevent_initial_call=True,
    )
    async def refresh(_: int, tab: str, text: str | None, __: int, client: dict[str, str] | None) -> Component:
        return await show(_context(services, client), tab, text or "")

    @app.callback(
        Output("alert-changed", "data", allow_duplicate=True),
        Output("silence-error", "children", allow_duplicate=True),
        Input({"type": "silence-expire", "id": ALL}, "n_clicks"),
        State("alert-changed", "data"),
        prevent_initial_call=True,
    )
    async def expire(clicks: list[int | None], changed: int) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update, no_update
        try:
            await services.sources.alerting.expire_silence(ctx.triggered_id["id"])
        except SourceError as error:
            return no_update, error.message
        return changed + 1, ""


def _register_form(app: Dash, services: Services) -> None:
    @app.callback(
        Output("silence-modal", "opened", allow_duplicate=True),
        Output("silence-modal", "title"),
        Output("silence-submit", "children"),
        Output("silence-matchers", "value"),
        Output("silence-author", "value"),
        Output("silence-comment", "value"),
        Output("silence-duration", "data"),
        Output("silence-duration", "value"),
        Output("silence-editing", "data"),
        Output("silence-error", "children", allow_duplicate=True),
        Input("silence-new", "n_clicks"),
        Input({"type": "alert-silence", "labels": ALL}, "n_clicks"),
        Input({"type": "silence-edit", "id": ALL}, "n_clicks"),
        State("client", "data"),
        prevent_initial_call=True,
    )
    async def open_form(_: int | None, __: list[int], ___: list[int], client: dict[str, str] | None) -> Any:
        pressed = any(trigger["value"] for trigger in ctx.triggered)  # a button that only appeared was not pressed
        context = _context(services, client)
        fill, problem = await _fill(context, ctx.triggered_id) if pressed else (None, "")
        if fill is None:
            return [no_update] * 10
        editing = fill.editing is not None
        return (
            True,
            context.t("Edit silence" if editing else "New silence"),
            context.t("Save" if editing else "Silence"),
            fill.matchers,
            no_update if fill.author is None else fill.author,
            fill.comment,
            durations(context, editing=editing),
            fill.duration,
            fill.editing,
            problem,
        )

    @app.callback(
        Output("silence-preview", "children"),
        Input("silence-matchers", "value"),
        State("client", "data"),
        prevent_initial_call=True,
    )
    async def show_preview(matchers: str | None, client: dict[str, str] | None) -> str:
        return await preview(_context(services, client), matchers or "")

    @app.callback(
        Output("silence-modal", "opened", allow_duplicate=True),
        Output("silence-error", "children", allow_duplicate=True),
        Output("alert-changed", "data", allow_duplicate=True),
        Input("silence-submit", "n_clicks"),
        State("silence-matchers", "value"),
        State("silence-duration", "value"),
        State("silence-author", "value"),
        State("silence-comment", "value"),
        State("silence-editing", "data"),
        State("alert-changed", "data"),
        State("client", "data"),
        prevent_initial_call=True,
    )
    async def submit(
        clicks: int | None,
        matchers: str | None,
        duration: str | None,
        author: str | None,
        comment: str | None,
        editing: dict[str, str] | None,
        changed: int,
        client: dict[str, str] | None,
    ) -> Any:
        if not clicks:
            return no_update, no_update, no_update
        context = _context(services, client)
        problem = await save_silence(context, matchers or "", duration or "", author or "", comment or "", editing)
        return (no_update, problem, no_update) if problem else (False, "", changed + 1)


async def _fill(context: PageContext, chosen: Any) -> tuple[FormFill | None, str]:
    """What the pressed button opens the form with, and a problem to show in it."""
    if chosen == "silence-new":
        return FormFill(), ""
    if chosen["type"] == "alert-silence":
        return FormFill(chosen["labels"]), ""
    try:
        known = await context.services.sources.alerting.silences()
    except SourceError as error:
        return FormFill(), error.message
    return next((fill_from(silence) for silence in known if silence["id"] == chosen["id"]), None), ""


async def show(context: PageContext, tab: str, text: str) -> Component:
    """The chosen tab, or what is missing when its source is down."""
    sources = context.services.sources
    source = sources.prometheus if tab == "rules" else sources.alerting
    try:
        async with patience(source, PATIENCE_S):
            return await _tab(context, tab, text)
    except SourceError as error:
        missing = (
            "Rules are not known: the metrics source is down"
            if tab == "rules"
            else "Alerts are not known: alerting is down"
        )
        return notice(context.t(missing), error.message, state="critical", testid="source-down")


async def _tab(context: PageContext, tab: str, text: str) -> Component:
    sources = context.services.sources
    if tab == "rules":
        return rules(context, await sources.prometheus.api("/api/v1/rules"), text)
    if tab == "silences":
        return silences(context, await sources.alerting.silences(), text)
    if tab == "history":
        return history(context, await sources.alerting.history(), text)
    groups, pending = await asyncio.gather(sources.alerting.groups(), _pending(context))
    return firing(context, groups, pending, text)


async def _pending(context: PageContext) -> list[dict[str, Any]]:
    """Alerts of the collector that wait for their `for`; none when it cannot be asked, for the firing ones matter more."""
    try:
        data = await context.services.sources.prometheus.api("/api/v1/alerts", timeout=PATIENCE_S / 2)
    except SourceError:
        return []
    return [alert for alert in data.get("alerts", ()) if alert.get("state") == "pending"]
