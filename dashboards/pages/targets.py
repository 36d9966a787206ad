"""Targets: what the collector scrapes, by pool; red and with the reason when something is down."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboards.components import LocalTime, Toolbar
from dashboards.model.moments import parse_moment
from dashboards.model.units import format_value
from dashboards.pages.base import PATIENCE_S, Page, PageContext, chip, data, icon, keep_in_url, notice
from dashboards.pages.tables import STATE, Column, Row, table
from dashboards.services import Services
from dashboards.sources.base import SourceError

SHOWN = 500
COLUMNS = (
    STATE,
    Column("Endpoint"),
    Column("Labels", "38%"),
    Column("Last scrape", "116px", number=True),
    Column("Duration", "96px", number=True),
)


@dataclass(frozen=True, slots=True)
class Target:
    """One scraped endpoint. `state` is up, down or unknown."""

    pool: str
    url: str
    state: str
    labels: Mapping[str, str]
    error: str
    last_scrape_ms: int
    duration_s: float
    interval: str

    @property
    def instance(self) -> str:
        return self.labels.get("instance", self.url)


class TargetsPage(Page):
    """`/targets`."""

    pattern = re.compile(r"/targets/?")
    nav = ("/targets", "Targets", "targets")
    charts = False

    async def layout(self, context: PageContext) -> Component:
        states = [("all", "All"), ("down", "Down"), ("up", "Up")]
        filters = html.Div(
            [
                dmc.TextInput(
                    id="target-search",
                    value=context.first("search"),
                    placeholder=context.t("Filter by label, address or error"),
                    leftSection=icon("search"),
                    debounce=120,
                    className="field-wide",
                    **data({"data-testid": "target-search"}),
                ),
                dmc.SegmentedControl(
                    id="target-state",
                    value=context.first("state", "all"),
                    data=[{"value": value, "label": context.t(label)} for value, label in states],
                    size="xs",
                ),
            ],
            className="filterbar",
        )
        return html.Div(
            [
                Toolbar(id="toolbar", page="targets", title=context.t("Targets"), features=[]),
                filters,
                html.Div(
                    await target_list(context, context.first("search"), context.first("state", "all")), id="target-list"
                ),
                dcc.Interval(id="target-tick", interval=5000),
            ],
            className="page",
        )

    def register(self, app: Dash, services: Services) -> None:
        keep_in_url(app, search="target-search", state="target-state")

        @app.callback(
            Output("target-list", "children"),
            Input("target-tick", "n_intervals"),
            Input("target-search", "value"),
            Input("target-state", "value"),
            State("client", "data"),
            prevent_initial_call=True,
        )
        async def refresh(_: int, text: str | None, state: str, client: dict[str, str] | None) -> Component:
            context = PageContext(services, "/targets", {}, (client or {}).get("lang", "en"))
            return await target_list(context, text or "", state)


async def target_list(context: PageContext, text: str, state: str) -> Component:
    """Pools with their targets, those with something down first."""
    source = context.services.sources.prometheus
    try:
        data = await source.api("/api/v1/targets", params={"state": "active"}, timeout=PATIENCE_S)
    except SourceError as error:
        return notice(
            context.t("Targets are not known: the metrics source is down"),
            error.message,
            state="critical",
            testid="source-down",
        )
    targets = [read_target(raw) for raw in data.get("activeTargets", ())]
    if not targets:
        return notice(
            context.t("Nothing is scraped yet"),
            context.t("Add targets to scrape_configs of the collector's configuration."),
        )
    chosen = [target for target in targets if matches(target, text, state)]
    if not chosen:
        return html.Div([_summary(context, targets), notice(context.t("No target matches the filter"))])
    pools: dict[str, list[Target]] = {}
    for target in sorted(chosen, key=lambda t: (t.state != "down", t.instance))[:SHOWN]:
        pools.setdefault(target.pool, []).append(target)
    ordered = sorted(pools.items(), key=lambda pool: (pool[1][0].state != "down", pool[0]))
    parts = [_summary(context, targets), *(_pool(context, name, members) for name, members in ordered)]
    if len(chosen) > SHOWN:
        parts.append(notice(context.t("Showing {n} of {total} targets, narrow the filter", n=SHOWN, total=len(chosen))))
    return html.Div(parts)


def read_target(raw: Mapping[str, Any]) -> Target:
    """From `activeTargets`."""
    return Target(
        pool=str(raw.get("scrapePool", "")),
        url=str(raw.get("scrapeUrl", "")),
        state=str(raw.get("health", "unknown")),
        labels=raw.get("labels") or {},
        error=str(raw.get("lastError") or ""),
        last_scrape_ms=parse_moment(str(raw.get("lastScrape", ""))),
        duration_s=float(raw.get("lastScrapeDuration") or 0.0),
        interval=str(raw.get("scrapeInterval") or ""),
    )


def matches(target: Target, text: str, state: str) -> bool:
    """Whether the state and every word of the text fit."""
    if state not in ("all", target.state):
        return False
    haystack = " ".join(
        (target.pool, target.url, target.error, *(f"{k}={v}" for k, v in target.labels.items()))
    ).lower()
    return all(word in haystack for word in text.lower().split())


def _summary(context: PageContext, targets: Sequence[Target]) -> Component:
    down = sum(target.state == "down" for target in targets)
    up = sum(target.state == "up" for target in targets)
    parts = [chip(context.t("{n} up", n=up), "ok")]
    if down:
        parts.append(chip(context.t("{n} down", n=down), "critical"))
    if len(targets) > up + down:
        parts.append(chip(context.t("{n} not scraped yet", n=len(targets) - up - down), "unknown"))
    return html.Div(parts, className="chips", **data({"data-testid": "targets-summary"}))


def _pool(context: PageContext, name: str, targets: Sequence[Target]) -> Component:
    up = sum(target.state == "up" for target in targets)
    state = "ok" if up == len(targets) else "critical" if any(t.state == "down" for t in targets) else "unknown"
    head = [html.H2(name), chip(f"{up} / {len(targets)}", state)]
    return html.Section(
        [
            html.Div(head, className="card-head"),
            table(context, COLUMNS, [_row(context, target) for target in targets]),
        ],
        className="card",
        **data({"data-testid": f"pool-{name}"}),
    )


def _row(context: PageContext, target: Target) -> Row:
    state = {"up": "ok", "down": "critical"}.get(target.state, "unknown")
    word = {"up": "Up", "down": "Down"}.get(target.state, "Unknown")
    link = html.A(unquote(target.url), href=target.url, target="_blank", rel="noreferrer", className="mono")
    endpoint: list[Any] = [link]
    if target.error:
        endpoint.append(html.Div(target.error, className="row-error", **data({"data-testid": "target-error"})))
    labels = [html.Span([html.B(k), f"={v}"], className="label") for k, v in sorted(target.labels.items())]
    scraped = target.last_scrape_ms > 0
    return Row(
        [
            chip(context.t(word), state),
            html.Div(endpoint, className="targets"),
            html.Div(labels, className="labels"),
            LocalTime(ms=target.last_scrape_ms, mode="ago") if scraped else context.t("never"),
            format_value(target.duration_s, "s") if scraped else "",
        ],
        kind=f"row-{state}",
        attributes={
            "data-testid": "target-row",
            "data-state": target.state,
            "data-instance": target.instance,
            "data-job": target.labels.get("job", target.pool),
        },
    )
