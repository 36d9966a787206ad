"""What keeps 12 panels of 20 series and 300 points quick, without a clock: requests, bytes and turns. `python -m benchmarks ui` has the times."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import settled
from tests.e2e.dashboards.conftest import Ui
from tests.support.speed_dashboard import UID, speed_dashboard

pytestmark = pytest.mark.e2e

# Makes every drawing a long one, and notes in which turn of the event loop it was.
NOTE_TURNS = """() => {
    const channel = new MessageChannel();
    const react = window.Plotly.react;
    let turn = 0;
    window.turns = [];
    channel.port1.onmessage = () => { turn += 1; };
    window.Plotly.react = (...given) => {
        const end = performance.now() + 12;
        const drawn = react(...given);
        while (performance.now() < end);
        window.turns.push(turn);
        channel.port2.postMessage(null);
        return drawn;
    };
}"""


@pytest.fixture
def drawn(page: Page, ui: Ui) -> Iterator[list[str]]:
    """The dashboard in the browser, and what was asked for until it was there."""
    (ui.folder / f"{UID}.json").write_text(speed_dashboard())
    page.goto(f"{ui.url}/dashboards")  # the browser has the scripts now
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(ui.url).partition("?")[0]))
    page.goto(f"{ui.url}/d/{UID}/{UID}")
    expect(page.locator(".js-plotly-plot[data-drawn='20']")).to_have_count(12)
    yield asked
    (ui.folder / f"{UID}.json").unlink()


def test_a_dashboard_asks_once_for_each_thing(drawn: list[str]) -> None:
    assert drawn.count("/api/ds/query") == 1
    assert drawn.count("/_dash-layout") == drawn.count("/_dash-dependencies") == 1  # fetched ahead, not twice
    assert drawn.count("/_dash-update-component") <= 2
    assert not [path for path in drawn if "polyfill" in path or "dash_table" in path]


def test_a_refresh_is_small_and_draws_one_panel_a_turn(page: Page, drawn: list[str]) -> None:
    page.evaluate(NOTE_TURNS)
    for done in range(1, 4):
        with page.expect_response(lambda answer: answer.url.endswith("/api/ds/query")) as caught:
            page.get_by_test_id("refresh").click()
        assert len(caught.value.body()) < 60_000
        page.wait_for_function("count => window.turns.length >= count", arg=12 * done)
        settled(page)
    turns = page.evaluate("window.turns")
    assert len(turns) == len(set(turns)) == 36
