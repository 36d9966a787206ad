"""What pages are made of."""

import pytest

from dashboards.pages import page_of
from dashboards.pages.base import PageContext, parse_search
from tests.unit.dashboards.api.support import Api


@pytest.mark.parametrize(
    "path", ["/", "/dashboards", "/d/abc", "/d/abc/slug", "/d/abc/slug/", "/explore", "/logs", "/alerts", "/targets/"]
)
def test_a_path_has_its_page(path: str) -> None:
    assert page_of(path) is not None


@pytest.mark.parametrize("path", ["/nope", "/d/", "/d/a/b/c", "/logs/x"])
def test_other_paths_have_none(path: str) -> None:
    assert page_of(path) is None


def test_the_query_string_is_read() -> None:
    context = PageContext(Api().services, "/", parse_search("?var-a=1&var-a=2&x="), "zh")
    assert context.search["var-a"] == ["1", "2"]
    assert context.first("x", "d") == ""
    assert context.first("y", "d") == "d"
    assert context.t("Home") == "首页"


@pytest.mark.parametrize(
    "path", ["/", "/dashboards", "/d/node/x", "/d/nope/x", "/explore", "/logs", "/alerts", "/targets"]
)
async def test_every_page_can_be_built(path: str) -> None:
    page = page_of(path)
    assert page is not None
    assert await page.layout(PageContext(Api().services, path)) is not None
