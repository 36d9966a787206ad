"""What one touches: keys, legends, crosshair, sorting, filters, silences; and that the URL holds the state."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.dashboards.conftest import Ui
from tests.support.processes import wait_for
from tests.support.stub_sources import Stub

pytestmark = pytest.mark.e2e


def test_the_keyboard_leads_everywhere(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/targets")
    expect(page.get_by_test_id("targets-summary")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("keys")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("gd")
    expect(page.get_by_test_id("target-search")).to_have_value("gd")
    page.keyboard.press("Tab")
    page.locator("h1").click()

    def go_to_dashboards() -> bool:
        """Two keys that belong together only when they follow each other quickly, which a busy machine may not manage."""
        page.keyboard.press("g")
        page.keyboard.press("d")
        page.wait_for_timeout(100)
        return page.locator("h1").inner_text() == "Dashboards"

    wait_for("the page of dashboards", go_to_dashboards)


def test_panels_are_reached_and_opened_by_keys(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/d/node/node")
    panel = page.locator('[data-testid=panel][data-title="CPU busy"]')
    panel.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-testid=panel][data-title="Memory used"]')).to_be_focused()
    page.keyboard.press("v")
    expect(page).to_have_url(re.compile("viewPanel="))
    expect(page.get_by_test_id("panel")).to_have_count(1)
    page.reload()
    expect(page.get_by_test_id("panel")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(panel).to_be_visible()


def plot(page: Page) -> Locator:
    return page.locator(".js-plotly-plot[data-drawn]").first


def test_a_click_in_the_legend_isolates_and_with_ctrl_toggles(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/explore?expr=series_3")
    expect(plot(page)).to_have_attribute("data-drawn", "3")
    row = page.locator(".legend tbody tr").first
    row.click()
    expect(plot(page)).to_have_attribute("data-drawn", "1")
    row.press("Enter")
    expect(plot(page)).to_have_attribute("data-drawn", "3")
    row.click(modifiers=["Control"])
    expect(plot(page)).to_have_attribute("data-drawn", "2")


def test_all_charts_share_the_crosshair(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/d/node/node")
    overlay = page.locator('[data-testid=panel][data-title="CPU"] .ts-overlay')
    page.locator('[data-testid=panel][data-title="CPU"] [data-drawn]').wait_for()
    page.locator('[data-testid=panel][data-title="Load"] [data-drawn]').wait_for()
    overlay.hover()
    expect(page.locator(".tooltip .tooltip-time")).to_have_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"))
    expect(page.locator('[data-testid=panel][data-title="Load"] .ts-line')).to_be_visible()


def test_tables_sort_and_the_chosen_tab_survives_a_reload(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/explore?expr=series_3")
    page.get_by_text("Table", exact=True).click()
    expect(page).to_have_url(re.compile("tab=table"))
    page.reload()
    rows = page.get_by_test_id("table-row")
    expect(rows).to_have_count(3)
    heading = page.get_by_role("columnheader", name="instance")
    heading.click()
    first = rows.first.inner_text()
    expect(heading).to_have_attribute("aria-sort", "descending")
    heading.press("Enter")
    expect(rows.last).to_have_text(re.compile(re.escape(first.split("\t")[0])))


def test_filters_of_pages_are_in_the_url(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/alerts")
    page.get_by_text("Rules", exact=True).click()
    expect(page.get_by_test_id("rule-row")).to_be_visible()
    page.get_by_test_id("alert-search").fill("nothing like this")
    expect(page.get_by_text("No rule matches the filter")).to_be_visible()
    expect(page).to_have_url(re.compile("tab=rules&search=nothing"))
    page.reload()
    expect(page.get_by_text("No rule matches the filter")).to_be_visible()


def test_a_value_of_a_log_line_becomes_a_filter(page: Page, ui: Ui, stub: Stub) -> None:
    page.goto(f"{ui.url}/logs")
    page.get_by_test_id("log-row").first.click()
    service = page.locator(".log-detail tr").filter(has=page.get_by_role("rowheader", name="service", exact=True))
    value = service.locator(".log-value").inner_text()
    service.get_by_role("button", name="Without this value").click()
    expect(page.get_by_test_id("filter-pill")).to_have_text(f"not service: {value}")
    expect(page).to_have_url(re.compile(f"filter=-service%3A{value}"))
    expect(page.get_by_test_id("log-total")).not_to_have_text(str(len(stub.lines)))
    page.get_by_label("Invert").click()
    expect(page).to_have_url(re.compile(f"filter=service%3A{value}"))
    page.reload()
    expect(page.get_by_test_id("filter-pill")).to_have_text(f"service: {value}")


@pytest.mark.parametrize(("parameter", "shown"), [("", "09:00:00"), ("?timezone=utc", "00:00:00")])
def test_times_are_the_browsers_or_utc(browser: Browser, ui: Ui, parameter: str, shown: str) -> None:
    with browser.new_context(timezone_id="Asia/Tokyo") as context:
        page = context.new_page()
        page.goto(f"{ui.url}/d/node/node{parameter}")
        expect(page.get_by_test_id("toolbar")).to_be_visible()
        assert page.evaluate("() => window.pharos.moment(0)") == f"1970-01-01 {shown}"
        assert page.evaluate(f"() => window.pharos.toUrlTime('1970-01-01 {shown}')") == "0"


def test_a_panel_leads_to_the_logs_of_its_time(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/explore?expr=series_2&from=now-30m&to=now")
    plot(page).wait_for()
    page.get_by_test_id("panel").hover()
    page.get_by_role("button", name="Panel menu").click()
    page.get_by_role("menuitem", name="Logs of this time").click()
    expect(page.locator("h1")).to_have_text("Logs")
    expect(page).to_have_url(re.compile(r"/logs\?from=\d{13}&to=\d{13}"))


def test_a_silence_is_changed_and_says_whom_it_hits(page: Page, ui: Ui, stub: Stub) -> None:
    page.goto(f"{ui.url}/alerts?tab=silences")
    page.get_by_test_id("silence-new").click()
    page.get_by_test_id("silence-matchers").fill("alertname=Down")
    expect(page.get_by_test_id("silence-preview")).to_have_text("Matches 1 firing now: Down")
    page.get_by_test_id("silence-comment").fill("first")
    page.get_by_test_id("silence-submit").click()
    page.get_by_test_id("silence-edit").click()
    expect(page.get_by_test_id("silence-matchers")).to_have_value('alertname="Down"')
    expect(page.get_by_test_id("silence-comment")).to_have_value("first")
    page.get_by_test_id("silence-comment").fill("second")
    page.get_by_test_id("silence-submit").click()
    expect(page.get_by_test_id("silence-row")).to_contain_text("second")
    assert len(stub.silences) == 1


def test_an_empty_search_offers_what_to_try_next(page: Page, ui: Ui, stub: Stub) -> None:
    page.goto(f"{ui.url}/logs?query=nothing+like+this")
    page.get_by_role("button", name="Clear the search").click()
    expect(page.get_by_test_id("log-total")).to_have_text(str(len(stub.lines)))
    expect(page).not_to_have_url(re.compile("query="))
