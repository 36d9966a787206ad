"""A data source goes down and comes back: the UI says what is missing, keeps the last data dimmed, and never breaks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboards.conftest import Ui, running_ui
from tests.support.asgi_thread import serving
from tests.support.processes import free_port
from tests.support.stub_sources import Stub

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def ui(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """Where it looks for its data nobody listens, until a test does."""
    with running_ui(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("dashboards")) as ui:
        yield ui


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "The metrics source is not reachable"),
        ("/logs", "The log store is not reachable"),
        ("/alerts", "alerting is down"),
        ("/targets", "the metrics source is down"),
    ],
)
def test_a_page_without_its_source_says_so(page: Page, ui: Ui, path: str, words: str) -> None:
    page.goto(ui.url + path)
    expect(page.get_by_test_id("source-down").first).to_contain_text(words)
    assert "Traceback" not in page.content()


def test_panels_say_what_is_missing(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/explore?expr=up")
    expect(page.get_by_test_id("panel-error")).to_contain_text("Data source is not reachable")


def test_the_last_data_stays_dimmed_and_comes_back(page: Page, ui: Ui, stub: Stub, port: int) -> None:
    panel = page.locator('[data-testid=panel][data-type="timeseries"]')
    with serving(stub.app(), port):
        page.goto(f"{ui.url}/explore?expr=series_2")
        expect(panel.locator(".js-plotly-plot[data-drawn='2']")).to_be_visible()
    page.get_by_test_id("refresh").click()
    expect(panel).to_have_attribute("data-state", "error")
    expect(panel.locator(".stale")).to_be_visible()
    expect(panel.locator(".js-plotly-plot[data-drawn='2']")).to_be_attached()
    with serving(stub.app(), port):
        panel.get_by_role("button", name="Retry").click()
        expect(panel).to_have_attribute("data-state", "ready")


def test_an_unknown_page_and_dashboard_are_told(page: Page, ui: Ui) -> None:
    answer = page.goto(f"{ui.url}/nope")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_test_id("not-found")).to_be_visible()
    page.goto(f"{ui.url}/d/nope/x")
    expect(page.get_by_test_id("not-found")).to_contain_text("nope")
