"""The pages: a path, a layout, callbacks. One module each; the table below is the registry."""

from dashboards.pages.alerts import AlertsPage
from dashboards.pages.base import Page, PageContext
from dashboards.pages.dashboard import DashboardPage
from dashboards.pages.dashboards import DashboardsPage
from dashboards.pages.explore import ExplorePage
from dashboards.pages.home import HomePage
from dashboards.pages.logs import LogsPage
from dashboards.pages.targets import TargetsPage

PAGES: tuple[Page, ...] = (
    HomePage(),
    DashboardsPage(),
    DashboardPage(),
    ExplorePage(),
    LogsPage(),
    AlertsPage(),
    TargetsPage(),
)


def page_of(path: str) -> Page | None:
    """The page that takes this path."""
    return next((page for page in PAGES if page.takes(path)), None)


__all__ = ["PAGES", "Page", "PageContext", "page_of"]
