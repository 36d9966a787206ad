"""The Dash application: one layout, one callback that turns a path into a page, and each page's own callbacks."""

import logging
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboards import __version__
from dashboards.components import Shell
from dashboards.pages import PAGES, PageContext, page_of
from dashboards.pages.base import data, notice, parse_search
from dashboards.services import Services

logger = logging.getLogger(__name__)

MANTINE_THEME = {
    "fontFamily": "var(--font)",
    "fontFamilyMonospace": "var(--mono)",
    "primaryColor": "blue",
    "defaultRadius": "var(--radius)",
    "fontSizes": {"xs": "11px", "sm": "13px", "md": "13px", "lg": "14px"},
    "cursorType": "pointer",
    "respectReducedMotion": True,
}


def build_layout() -> Component:
    """The frame that never changes; the rest is filled in by `show_page`."""
    frame = [
        dcc.Location(id="url", refresh="callback-nav"),
        dcc.Store(id="client"),
        html.Div(html.Div(className="boot", **data({"aria-busy": "true"})), id="root"),  # until the page is built
    ]
    provider: Component = dmc.MantineProvider(html.Div(frame), theme=MANTINE_THEME)
    return provider


def register_callbacks(app: Dash, services: Services) -> None:
    """Routing, then the pages' callbacks."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("pharos", "client"),
        Output("client", "data"),
        Input("url", "refresh"),
        State("client", "data"),
    )

    @app.callback(Output("root", "children"), Input("url", "pathname"), Input("url", "search"), Input("client", "data"))
    async def show_page(path: str | None, search: str | None, client: dict[str, Any] | None) -> Component:
        context = PageContext(services, path or "/", parse_search(search), (client or {}).get("lang", "en"))
        return await render(context)

    for page in PAGES:
        page.register(app, services)


async def render(context: PageContext) -> Component:
    """The shell with the page of this path in it; a page that fails says so inside the shell."""
    page = page_of(context.path)
    try:
        content = await page.layout(context) if page else _not_found(context)
    except Exception:
        logger.exception("Page failed", extra={"path": context.path})
        content = notice(
            context.t("This page could not be built"),
            context.t("The log of the dashboards process says why."),
            state="critical",
        )
    items = [
        {"key": nav[0], "label": context.t(nav[1]), "icon": nav[2], "href": href}
        for nav, href in ((each.nav, each.nav[0] if each.nav else "") for each in PAGES)
        if nav is not None
    ]
    active = page.nav[0] if page and page.nav else ("/dashboards" if context.path.startswith("/d/") else "")
    return Shell(id="shell", children=content, items=items, active=active, version=__version__)


def _not_found(context: PageContext) -> Component:
    return html.Div(
        notice(context.t("There is no such page"), context.path, testid="not-found"), className="page narrow"
    )
