"""Home: is everything up, how is this machine, what fires, what went wrong lately."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboards.components import Grid, LocalTime
from dashboards.model.moments import parse_moment
from dashboards.model.timerange import TimeRange
from dashboards.pages.alerts.firing import severity_state
from dashboards.pages.base import PATIENCE_S, Page, PageContext, card, chip, data, notice
from dashboards.pages.dashboard import browser_panels, dashboard_toolbar
from dashboards.services import Services
from dashboards.sources.base import SourceError, patience
from dashboards.sources.elasticsearch import Filter, LogSearch
from dashboards.sources.prometheus import Series

HOME_UID = "pharos-home"
RECENT_MS = 3_600_000


class HomePage(Page):
    """`/`."""

    pattern = re.compile(r"/?")
    nav = ("/", "Home", "home")

    async def layout(self, context: PageContext) -> Component:
        dashboard = context.services.store.get(HOME_UID)
        assert dashboard is not None, "the home dashboard is part of the package"
        (parts, alerts, errors), bar = await asyncio.gather(
            state(context), dashboard_toolbar(context, dashboard, crumb=False)
        )
        lower = [
            card(context.t("Firing alerts"), html.Div(alerts, id="home-alerts"), extra=html.A(context.t("All alerts"), href="/alerts", className="small-link"), testid="home-alerts"),
            card(context.t("Recent errors in the logs"), html.Div(errors, id="home-errors"), extra=html.A(context.t("All logs"), href="/logs?query=level%3Aerror", className="small-link"), testid="home-errors"),
        ]  # fmt: skip
        return html.Div(
            [
                bar,
                html.Div(parts, id="home-parts"),
                Grid(id="grid", panels=browser_panels(dashboard), dashboard=dashboard.uid),
                html.Div(lower, className="columns"),
                dcc.Interval(id="home-tick", interval=5000),
            ],
            className="page page-home",
        )

    def register(self, app: Dash, services: Services) -> None:
        @app.callback(
            Output("home-parts", "children"),
            Output("home-alerts", "children"),
            Output("home-errors", "children"),
            Input("home-tick", "n_intervals"),
            State("client", "data"),
            prevent_initial_call=True,
        )
        async def refresh(_: int, client: dict[str, str] | None) -> tuple[Component, Component, Component]:
            return await state(PageContext(services, "/", {}, (client or {}).get("lang", "en")))


async def state(context: PageContext) -> tuple[Component, Component, Component]:
    """Parts, alerts and errors, asked at the same time; each says by itself when its source is missing."""
    parts, alerts, errors = await asyncio.gather(_parts(context), _alerts(context), _errors(context))
    return parts, alerts, errors


async def _parts(context: PageContext) -> Component:
    source = context.services.sources.prometheus
    try:
        async with patience(source, PATIENCE_S):
            frame = await source.query_instant("up", context.services.now_ms())
    except SourceError as error:
        return notice(
            context.t("The metrics source is not reachable"), error.message, state="critical", testid="source-down"
        )
    jobs = by_job(frame.series)
    if not jobs:
        return notice(
            context.t("Nothing has been scraped yet"), context.t("The first figures come with the first scrape.")
        )
    return html.Div(
        [_part(context, job, *counts) for job, counts in jobs.items()],
        className="parts",
        **data({"data-testid": "parts"}),
    )


def by_job(series: Sequence[Series]) -> dict[str, tuple[int, int]]:
    """Per part (the label `part`, else the job) how many targets are up, and how many there are; those with something down first."""
    counts: dict[str, tuple[int, int]] = {}
    for item in series:
        job = item.labels.get("part") or item.labels.get("job", "?")
        up, total = counts.get(job, (0, 0))
        counts[job] = (up + (item.values[0] == 1), total + 1)
    return dict(sorted(counts.items(), key=lambda entry: (entry[1][0] == entry[1][1], entry[0])))


def _part(context: PageContext, job: str, up: int, total: int) -> Component:
    state_name = "ok" if up == total else "critical" if up == 0 else "warn"
    text = context.t("up") if up == total else context.t("down") if up == 0 else context.t("partly down")
    detail = f"{text} · {up}/{total}" if total > 1 else text
    return html.A(
        [html.Span(className="dot"), html.Div([html.Strong(job), html.Span(detail, className="muted")])],
        href=f"/targets?search=%3D{job}",
        className=f"part {state_name}",
        **data({"data-testid": f"part-{job}", "data-state": "up" if up == total else "down"}),
    )


async def _alerts(context: PageContext) -> Component:
    source = context.services.sources.alerting
    try:
        async with patience(source, PATIENCE_S):
            groups = await source.groups()
    except SourceError as error:
        return notice(context.t("Alerting is not reachable"), error.message, state="critical", testid="source-down")
    active = [a for g in groups for a in g.get("alerts", ()) if (a.get("status") or {}).get("state") == "active"]
    unique = {str(alert.get("fingerprint")): alert for alert in active}
    if not unique:
        return notice(context.t("All quiet"), context.t("No alert is firing."), state="ok", testid="no-alerts")
    newest = sorted(unique.values(), key=lambda a: str(a.get("startsAt", "")), reverse=True)
    return html.Div([_alert(alert) for alert in newest[:20]], className="alerts")


def _alert(alert: Mapping[str, Any]) -> Component:
    labels = alert.get("labels") or {}
    kind = severity_state(labels)
    summary = (alert.get("annotations") or {}).get("summary") or labels.get("instance", "")
    name = str(labels.get("alertname", ""))
    title = html.Div([html.Strong(name), html.Span(summary, className="alert-summary")], className="alert-title")
    side = html.Div(
        LocalTime(ms=parse_moment(str(alert.get("startsAt", ""))), mode="ago"), className="alert-side muted"
    )
    return html.Div(
        [chip(str(labels.get("severity") or "firing"), kind), title, side],
        className=f"alert {kind}",
        **data({"data-testid": "alert-row", "data-alertname": name}),
    )


async def _errors(context: PageContext) -> Component:
    now = context.services.now_ms()
    search = LogSearch(TimeRange(now - RECENT_MS, now), filters=(Filter("level", "error"),), size=12, summary=False)
    source = context.services.sources.logs
    try:
        async with patience(source, PATIENCE_S):
            page = await source.find(search)
    except SourceError as error:
        return notice(
            context.t("The log store is not reachable"), error.message, state="critical", testid="source-down"
        )
    if not page.lines:
        return notice(
            context.t("No errors"),
            context.t("Nothing was logged as an error in the last hour."),
            state="ok",
            testid="no-errors",
        )
    rows = [
        html.Div(
            html.Div(
                [
                    html.Span(LocalTime(ms=line.time_ms, mode="ago"), className="log-time"),
                    html.Span(str(line.fields.get("service") or ""), className="log-context"),
                    html.Span(line.message, className="log-message", title=line.message),
                ],
                className="log-line",
                style={"gridTemplateColumns": "84px 104px minmax(0, 1fr)"},
            ),
            className=f"log level-{line.level}",
        )
        for line in page.lines
    ]
    return html.Div(rows, className="logs")
