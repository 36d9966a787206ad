"""Logs: search, histogram, fields, live tail. The browser does the work, see `components/js/80-logs.js`."""

import re

from dash import html
from dash.development.base_component import Component

from dashboards.components import LogTable, Toolbar
from dashboards.pages.base import Page, PageContext


class LogsPage(Page):
    """`/logs`."""

    pattern = re.compile(r"/logs/?")
    nav = ("/logs", "Logs", "logs")

    async def layout(self, context: PageContext) -> Component:
        bar = Toolbar(
            id="toolbar",
            page="logs",
            title=context.t("Logs"),
            defaults={"from": "now-15m", "to": "now", "refresh": ""},
            features=["time", "refresh"],
        )
        return html.Div([bar, LogTable(id="logs")], className="page page-logs")
