"""`/d/<uid>/<slug>`: one dashboard. Variables are resolved before the page is sent, so panels ask for data at once."""

import re
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.api.variables import VariablesApi
from dashboards.components import Grid, Toolbar
from dashboards.model.dashboard import Dashboard
from dashboards.model.sanitise import safe_markup
from dashboards.pages.base import PATIENCE_S, Page, PageContext, notice

_PATH = re.compile(r"/d/([\w.-]+)(?:/[^/]*)?/?")


class DashboardPage(Page):
    """Any dashboard, in Grafana's URL scheme."""

    pattern = _PATH

    async def layout(self, context: PageContext) -> Component:
        found = _PATH.fullmatch(context.path)
        assert found is not None
        store = context.services.store
        dashboard = store.get(found[1])
        if dashboard is None:
            text = context.t("No file in the dashboard folders has the uid {uid}.", uid=found[1])
            return html.Div(
                notice(context.t("There is no such dashboard"), text, testid="not-found"), className="page narrow"
            )
        return html.Div(
            [
                await dashboard_toolbar(context, dashboard),
                Grid(id="grid", panels=browser_panels(dashboard), dashboard=dashboard.uid),
            ],
            className="page",
        )


async def dashboard_toolbar(context: PageContext, dashboard: Dashboard, *, crumb: bool = True) -> Component:
    """Title, variables with their options, time range."""
    services = context.services
    resolver = VariablesApi(services.store, services.sources, services.clock)
    asked = {name.removeprefix("var-"): values for name, values in context.search.items() if name.startswith("var-")}
    start, end = context.first("from", dashboard.time_from), context.first("to", dashboard.time_to)
    try:
        variables = await resolver.resolve(dashboard, asked, start, end, PATIENCE_S)
    except ValueError:  # an unreadable range in the URL: the browser falls back to the saved one
        variables = await resolver.resolve(dashboard, asked, dashboard.time_from, dashboard.time_to, PATIENCE_S)
    return Toolbar(
        id="toolbar",
        page=dashboard.uid,
        title=context.t(dashboard.title),
        crumb={"text": context.t("Dashboards"), "href": "/dashboards"} if crumb else None,
        dashboard=dashboard.uid,
        variables=variables,
        defaults={
            "from": dashboard.time_from,
            "to": dashboard.time_to,
            "refresh": dashboard.refresh,
            "timezone": dashboard.raw.get("timezone") or "browser",
        },
        features=["time", "refresh", "share"],
        links=[link for link in dashboard.raw.get("links") or () if link.get("type") == "link" and link.get("url")],
    )


def browser_panels(dashboard: Dashboard) -> list[dict[str, Any]]:
    """The panels as the browser needs them: text already made safe."""
    return [_browser_panel(dict(panel)) for panel in dashboard.panels]


def _browser_panel(panel: dict[str, Any]) -> dict[str, Any]:
    if panel.get("type") == "text":
        options = panel.get("options") or {}
        panel["html"] = safe_markup(str(options.get("content") or ""), str(options.get("mode") or "markdown"))
    if panel.get("panels"):
        panel["panels"] = [_browser_panel(dict(inner)) for inner in panel["panels"]]
    return panel
