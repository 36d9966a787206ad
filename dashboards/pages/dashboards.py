"""The list of dashboards."""

import re
from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from dashboards.components import DataTable, Toolbar
from dashboards.model.dashboard import Dashboard
from dashboards.pages.base import Page, PageContext, card, data, icon, keep_in_url, notice
from dashboards.services import Services


class DashboardsPage(Page):
    """`/dashboards`: built-in and own dashboards, searchable."""

    pattern = re.compile(r"/dashboards/?")
    nav = ("/dashboards", "Dashboards", "dashboards")
    charts = False

    async def layout(self, context: PageContext) -> Component:
        search = dmc.TextInput(
            id="dashboard-search",
            placeholder=context.t("Search by title or tag"),
            leftSection=icon("search"),
            className="field-wide",
            debounce=120,
            value=context.first("query"),
            **data({"data-testid": "dashboard-search"}),
        )
        return html.Div(
            [
                Toolbar(id="toolbar", page="dashboards", title=context.t("Dashboards"), features=[]),
                html.Div(search, className="filterbar"),
                html.Div(listing(context, context.first("query")), id="dashboard-list"),
            ],
            className="page",
        )

    def register(self, app: Dash, services: Services) -> None:
        keep_in_url(app, query="dashboard-search")

        @app.callback(
            Output("dashboard-list", "children"),
            Input("dashboard-search", "value"),
            State("client", "data"),
            prevent_initial_call=True,
        )
        async def search(text: str | None, client: dict[str, str] | None) -> Component:
            return listing(PageContext(services, "/dashboards", {}, (client or {}).get("lang", "en")), text or "")


def listing(context: PageContext, text: str) -> Component:
    """Cards of the dashboards that match, own ones after the built-in ones, and files that could not be read."""
    store = context.services.store
    found = [dashboard for dashboard in store.search(text) if not dashboard.raw.get("hidden")]
    sections: list[Component] = [
        notice(context.t("A dashboard file cannot be read"), f"{path}: {reason}", state="warn")
        for path, reason in store.problems.items()
    ]
    for origin, title in (("builtin", context.t("Built in")), ("user", context.t("Your own"))):
        chosen = [dashboard for dashboard in found if dashboard.origin == origin]
        if chosen:
            sections.append(html.H2(title, className="section-title"))
            sections.append(html.Div([_card(context, dashboard) for dashboard in chosen], className="tiles"))
    if not found:
        sections.append(notice(context.t("No dashboard matches"), text))
    report = import_report(context, found)
    return html.Div([*sections, *([report] if report else [])])


def import_report(context: PageContext, dashboards: Sequence[Dashboard]) -> Component | None:
    """What looks different from Grafana, per dashboard; None when nothing does."""
    reports = context.services.store.reports
    rows = [
        {"dashboard": dashboard.title, "note": note}
        for dashboard in dashboards
        for note in reports.get(dashboard.uid, ())
    ]
    if not rows:
        return None
    columns = [
        {"id": "dashboard", "name": context.t("Dashboard"), "width": 280},
        {"id": "note", "name": context.t("Note")},
    ]
    table = DataTable(
        columns=columns, rows=rows, filterable=len(rows) > 10, testid="import-report", row_testid="import-note"
    )
    return card(context.t("What looks different from Grafana"), table, className="report")


def _notes(context: PageContext, notes: Sequence[str]) -> Component:
    """How many options of an imported dashboard have no effect; the list below the tiles has them all."""
    return html.Span(
        [icon("info-mark", 12), context.t("{n} notes", n=len(notes))], className="tag notes", title="\n".join(notes)
    )


def _card(context: PageContext, dashboard: Dashboard) -> Component:
    count = sum(1 for _panel in dashboard.all_panels())
    notes = context.services.store.reports.get(dashboard.uid, ())
    return html.A(
        [
            html.Div([icon("dashboards", 18), html.Strong(context.t(dashboard.title))], className="tile-title"),
            *([html.P(context.t(dashboard.description), className="tile-text")] if dashboard.description else []),
            html.Div(
                [
                    html.Span(context.t("{n} panels", n=count), className="muted"),
                    *([_notes(context, notes)] if notes else []),
                    *(html.Span(tag, className="tag") for tag in dashboard.tags),
                ],
                className="tile-foot",
            ),
        ],
        href=dashboard.path,
        className="tile",
        **data({"data-testid": f"dashboard-{dashboard.uid}"}),
    )
