"""The targets page."""

import json

import pytest

from dashboards.pages.base import PageContext
from dashboards.pages.targets import matches, read_target, target_list
from tests.support.stub_sources import target
from tests.unit.dashboards.api.support import Api

DOWN = read_target(target("node", "b:9100", "down", "connection refused"))


def shown(component: object) -> str:
    return json.dumps(component.to_plotly_json(), default=lambda part: part.to_plotly_json())  # type: ignore[attr-defined]


def test_a_target_is_read() -> None:
    assert (DOWN.pool, DOWN.instance, DOWN.state, DOWN.error) == ("node", "b:9100", "down", "connection refused")
    assert DOWN.last_scrape_ms == 1769860800000


@pytest.mark.parametrize(
    ("text", "state", "fits"),
    [
        ("", "all", True),
        ("refused", "all", True),
        ("job=node b:", "down", True),
        ("node", "up", False),
        ("api", "all", False),
    ],
)
def test_the_filter_looks_everywhere(text: str, state: str, fits: bool) -> None:
    assert matches(DOWN, text, state) is fits


async def test_what_is_down_comes_first() -> None:
    text = shown(await target_list(PageContext(Api().services, "/targets"), "", "all"))
    assert text.index("b:9100") < text.index("a:9100") < text.index("c:9090")


async def test_an_empty_list_says_what_to_do() -> None:
    api = Api()
    api.stub.targets.clear()
    assert "scrape_configs" in shown(await target_list(PageContext(api.services, "/targets"), "", "all"))


async def test_a_filter_that_finds_nothing_says_so() -> None:
    assert "No target matches" in shown(await target_list(PageContext(Api().services, "/targets"), "zzz", "all"))
