"""Explore: one PromQL query as a graph and as a table."""

import re
from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from dashboards.components import Panel, PromEditor, Toolbar
from dashboards.model.guess import guess_unit
from dashboards.pages.base import Page, PageContext, data, keep_in_url
from dashboards.services import Services

NOTHING = "Nothing matches in this time range"


class ExplorePage(Page):
    """`/explore?expr=...&tab=graph|table`."""

    pattern = re.compile(r"/explore/?")
    nav = ("/explore", "Explore", "explore")

    async def layout(self, context: PageContext) -> Component:
        expression, tab = context.first("expr"), context.first("tab", "graph")
        tabs = dmc.SegmentedControl(
            id="explore-tab",
            value=tab if tab in ("graph", "table") else "graph",
            data=[{"value": "graph", "label": context.t("Graph")}, {"value": "table", "label": context.t("Table")}],
            size="xs",
        )
        run = {"expr": expression, "n": 1} if expression else None
        return html.Div(
            [
                Toolbar(
                    id="toolbar",
                    page="explore",
                    title=context.t("Explore"),
                    defaults={"from": "now-1h", "to": "now", "refresh": ""},
                    features=["time", "refresh", "share"],
                ),
                html.Section(
                    PromEditor(id="explore-editor", value=expression, run=run, source="prometheus"),
                    className="card editor-card",
                ),
                html.Div([tabs], className="filterbar", **data({"data-testid": "explore-tabs"})),
                html.Div(result(context, expression, tab), id="explore-result"),
            ],
            className="page page-explore",
        )

    def register(self, app: Dash, services: Services) -> None:
        keep_in_url(app, tab="explore-tab")

        @app.callback(
            Output("explore-result", "children"),
            Input("explore-editor", "run"),
            Input("explore-tab", "value"),
            State("client", "data"),
            prevent_initial_call=True,
        )
        async def show(run: dict[str, Any] | None, tab: str, client: dict[str, str] | None) -> Any:
            context = PageContext(services, "/explore", {}, (client or {}).get("lang", "en"))
            return result(context, (run or {}).get("expr", ""), tab)


def result(context: PageContext, expression: str, tab: str) -> Component:
    """The graph, the table, or what to do first."""
    if not expression.strip():
        return examples(context)
    return Panel(id=f"explore-{tab}", spec=explore_spec(expression, tab), height="calc(100vh - 300px)")


def explore_spec(expression: str, tab: str) -> dict[str, Any]:
    """The panel that shows a query."""
    target: dict[str, Any] = {
        "refId": "A",
        "expr": expression,
        "datasource": {"type": "prometheus", "uid": "prometheus"},
    }
    if tab == "table":
        target |= {"instant": True, "format": "table", "limit": 1000}
        return {
            "id": 1,
            "type": "table",
            "title": "",
            "targets": [target],
            "fieldConfig": {"defaults": {"noValue": NOTHING, "custom": {"cellOptions": {"type": "raw"}}}},
            "explore": True,
        }
    custom = {"fillOpacity": 6, "lineWidth": 1.4}
    legend = {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "min", "max", "mean"]}
    return {
        "id": 1,
        "type": "timeseries",
        "title": "",
        "targets": [target],
        "fieldConfig": {"defaults": {"custom": custom, "unit": guess_unit(expression), "noValue": NOTHING}},
        "options": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}},
        "explore": True,
    }


EXAMPLES = (
    ("CPU used, by machine", '100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])))'),
    ("Memory available", "node_memory_MemAvailable_bytes"),
    ("Network in, by interface", 'rate(node_network_receive_bytes_total{device!="lo"}[5m])'),
    ("Targets that are down", "up == 0"),
    ("Time a scrape takes", "topk(5, scrape_duration_seconds)"),
    ("Samples per target", "sort_desc(scrape_samples_scraped)"),
)


def examples(context: PageContext) -> Component:
    """Queries to begin with."""
    cards = [
        html.A(
            [html.Strong(context.t(title)), html.Code(expression)],
            href=f"/explore?expr={quote(expression, safe='')}",
            className="tile example",
        )
        for title, expression in EXAMPLES
    ]
    hint = html.P(context.t("Write a PromQL query above, or start from one of these."), className="muted lead")
    return html.Div([hint, html.Div(cards, className="tiles")], **data({"data-testid": "explore-examples"}))
