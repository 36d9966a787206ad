"""Every page in a real browser: it shows what its sources say, in both themes and languages, and asks nobody else."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import settled
from tests.e2e.dashboards.conftest import Ui
from tests.support.browser import open_page
from tests.support.processes import wait_for
from tests.support.stub_sources import Stub
from tests.support.unit_cases import UNIT_CASES

pytestmark = pytest.mark.e2e

PAGES = ("/", "/dashboards", "/d/node/node", "/explore?expr=series_3", "/logs", "/alerts", "/targets")


def drawn(page: Page, title: str) -> list[list[float]]:
    """The y values of the traces a panel has drawn."""
    plot = page.locator(f'[data-testid=panel][data-title="{title}"] .js-plotly-plot[data-drawn]')
    plot.first.wait_for()
    values: list[list[float]] = plot.first.evaluate("plot => plot.data.map(trace => Array.from(trace.y))")
    return values


@pytest.mark.parametrize(("path", "theme"), [*((path, "dark") for path in PAGES), ("/", "light"), ("/logs", "light")])
def test_a_page_is_drawn_without_complaint(page: Page, ui: Ui, path: str, theme: str) -> None:
    page.goto(f"{ui.url}{path}{'&' if '?' in path else '?'}theme={theme}")
    expect(page.get_by_test_id("nav")).to_be_visible()
    expect(page.get_by_test_id("toolbar")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    settled(page)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_the_navigation_leads_everywhere(page: Page, ui: Ui) -> None:
    page.goto(ui.url)
    for name, title in (
        ("dashboards", "Dashboards"),
        ("explore", "Explore"),
        ("logs", "Logs"),
        ("alerts", "Alerts"),
        ("targets", "Targets"),
    ):
        page.get_by_test_id(f"nav-{name}").click()
        expect(page.locator("h1")).to_have_text(title)
    page.go_back()
    expect(page.locator("h1")).to_have_text("Alerts")
    page.get_by_test_id("nav-home").click()
    expect(page.locator("h1")).to_have_text("Home")


def test_home_shows_parts_alerts_and_errors(page: Page, ui: Ui) -> None:
    page.goto(ui.url)
    expect(page.get_by_test_id("part-node")).to_have_attribute("data-state", "down")
    expect(page.get_by_test_id("part-collector")).to_have_attribute("data-state", "up")
    expect(page.get_by_test_id("home-alerts").get_by_test_id("alert-row")).to_contain_text("Down happened")
    expect(page.get_by_test_id("home-errors")).to_contain_text("request 25 served")
    assert len(drawn(page, "CPU")) >= 1


def test_a_dashboard_is_found_opened_and_zoomed(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/dashboards")
    page.get_by_test_id("dashboard-search").fill("machine")
    expect(page.get_by_test_id("dashboard-probes")).to_have_count(0)
    page.get_by_test_id("dashboard-node").click()
    expect(page).to_have_url(re.compile("/d/node/node"))
    assert drawn(page, "Load")[0]
    page.get_by_test_id("time-picker").click()
    page.get_by_test_id("range-now-5m").click()
    expect(page.get_by_test_id("time-label")).to_have_text("Last 5 minutes")
    overlay = page.locator('[data-testid=panel][data-title="Load"] .ts-overlay')
    settled(page)
    box = overlay.bounding_box()
    assert box is not None

    def pointed_at() -> bool:
        """A pointer that rests while the new range is being drawn shows nothing; it moves on."""
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40)
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 40)
        return page.locator(".tooltip").is_visible()

    wait_for("the tooltip", pointed_at)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 40, steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=\d{13}&to=\d{13}"))
    page.go_back()
    expect(page.get_by_test_id("time-label")).to_have_text("Last 5 minutes")


def test_a_variable_is_chosen_and_kept_in_the_url(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/d/node/node?var-instance=b:9100")
    expect(page.get_by_test_id("variable-instance")).to_contain_text("b:9100")
    page.get_by_test_id("variable-instance").click()
    page.get_by_role("option", name="a:9100").click()
    expect(page).to_have_url(re.compile("var-instance=a%3A9100"))


def test_one_request_carries_all_queries_and_a_refresh_only_what_is_new(page: Page, ui: Ui) -> None:
    sent: list[int] = []
    received: list[int] = []
    page.on(
        "request",
        lambda r: (
            sent.append(len(json.loads(r.post_data or "{}")["queries"])) if r.url.endswith("/api/ds/query") else None
        ),
    )
    page.goto(f"{ui.url}/d/node/node?refresh=1h")
    assert drawn(page, "CPU")
    assert len(sent) == 1
    assert sent[0] >= 12
    with page.expect_response(lambda answer: answer.url.endswith("/api/ds/query")) as caught:
        page.get_by_test_id("refresh").click()
    received.append(len(caught.value.body()))
    assert received[0] < 30_000


def test_explore_runs_completes_and_points_at_errors(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/explore")
    expect(page.get_by_test_id("explore-examples")).to_be_visible()
    page.get_by_test_id("promql-input").click()
    page.keyboard.type("node_cp")
    expect(page.get_by_test_id("completion")).to_contain_text("node_cpu_seconds_total")
    page.keyboard.press("Escape")
    page.get_by_test_id("promql-input").fill("series_7")
    page.get_by_test_id("promql-run").click()
    assert len(drawn(page, "")) == 7
    page.get_by_text("Table", exact=True).click()
    expect(page.get_by_test_id("table-row")).to_have_count(7)
    page.get_by_test_id("promql-input").fill("broken")
    page.get_by_test_id("promql-run").click()
    expect(page.get_by_test_id("panel-error")).to_contain_text("parse error")
    expect(page.locator(".query-mark")).to_have_text("b")
    assert "expr=broken" in page.url


def test_logs_are_searched_filtered_and_followed(page: Page, ui: Ui, stub: Stub) -> None:
    page.goto(f"{ui.url}/logs")
    expect(page.get_by_test_id("log-total")).to_have_text(str(len(stub.lines)))
    page.get_by_test_id("log-search").fill("request 7")
    page.get_by_test_id("log-run").click()
    expect(page.get_by_test_id("log-row")).to_have_count(1)
    page.get_by_test_id("log-search").fill("")
    page.get_by_test_id("log-run").click()
    page.get_by_test_id("facet-value").filter(has_text="worker").click()
    expect(page.get_by_test_id("filter-pill")).to_contain_text("worker")
    expect(page.get_by_test_id("log-total")).to_have_text("15")
    page.get_by_label("Remove").click()
    page.get_by_test_id("log-live").click()
    stub.log("a line from just now", "warn")
    expect(page.get_by_test_id("log-row").first).to_contain_text("a line from just now", timeout=5000)


def test_a_silence_is_made_from_an_alert_and_ended(page: Page, ui: Ui, stub: Stub) -> None:
    page.goto(f"{ui.url}/alerts")
    expect(page.get_by_test_id("alert-row")).to_have_attribute("data-alertname", "Down")
    page.get_by_role("button", name="Silence", exact=True).click()
    expect(page.get_by_test_id("silence-matchers")).to_have_value(re.compile('alertname="Down"'))
    page.get_by_test_id("silence-comment").fill("moving racks")
    page.get_by_test_id("silence-submit").click()
    expect(page.get_by_test_id("silence-submit")).to_be_hidden()
    assert stub.silences[0]["comment"] == "moving racks"
    page.get_by_text("Silences", exact=True).click()
    expect(page.get_by_test_id("silence-row")).to_have_attribute("data-state", "active")
    page.get_by_test_id("silence-expire").click()
    expect(page.get_by_test_id("silence-row")).to_have_attribute("data-state", "expired")
    page.get_by_text("Rules", exact=True).click()
    expect(page.get_by_test_id("rule-row")).to_have_attribute("data-state", "firing")
    page.get_by_text("Notifications", exact=True).click()
    expect(page.get_by_test_id("notification-row")).to_have_attribute("data-state", "sent")


def test_a_matcher_that_cannot_be_read_is_told_in_the_form(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/alerts")
    page.get_by_test_id("silence-new").click()
    page.get_by_test_id("silence-matchers").fill("nonsense")
    page.get_by_test_id("silence-submit").click()
    expect(page.get_by_test_id("silence-error")).to_contain_text("cannot read 'nonsense'")


def test_targets_that_are_down_stand_out(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/targets")
    row = page.locator('[data-testid=target-row][data-instance="b:9100"]')
    expect(row).to_have_attribute("data-state", "down")
    expect(row.get_by_test_id("target-error")).to_have_text("connection refused")
    page.get_by_test_id("target-search").fill("collector")
    expect(page.get_by_test_id("target-row")).to_have_count(1)


def test_the_ui_speaks_chinese(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/targets?lang=zh")
    expect(page.locator("h1")).to_have_text("采集目标")
    expect(page.get_by_test_id("nav-alerts")).to_have_text("告警")


def test_the_theme_changes_without_a_reload(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/?theme=dark")
    page.get_by_test_id("theme-toggle").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_users_dashboard_with_repeats_and_text_is_drawn(page: Page, ui: Ui) -> None:
    panel = {
        "type": "stat",
        "title": "Load of $instance",
        "targets": [{"expr": "x"}],
        "repeat": "instance",
        "gridPos": {"x": 0, "y": 1, "w": 12, "h": 4},
    }
    text = {
        "type": "text",
        "title": "",
        "options": {"mode": "markdown", "content": "## Hello <script>x</script>"},
        "gridPos": {"x": 0, "y": 0, "w": 24, "h": 2},
    }
    variable = {
        "name": "instance",
        "type": "query",
        "query": "label_values(instance)",
        "multi": True,
        "includeAll": True,
    }
    body = {"uid": "mine", "title": "Mine", "panels": [text, panel], "templating": {"list": [variable]}}
    (ui.folder / "mine.json").write_text(json.dumps(body))
    page.goto(f"{ui.url}/d/mine/x")
    expect(page.locator('[data-testid=panel][data-title="Load of a:9100"]')).to_be_visible()
    expect(page.locator('[data-testid=panel][data-title="Load of b:9100"]')).to_be_visible()
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()


def test_the_browsers_formatter_agrees_with_pythons(page: Page, ui: Ui) -> None:
    page.goto(ui.url)
    expect(page.get_by_test_id("nav")).to_be_visible()
    cases = [[value, unit, decimals] for value, unit, decimals, _ in UNIT_CASES]
    written = page.evaluate("cases => cases.map(c => window.pharos.format(c[0], c[1], c[2]))", cases)
    assert written == [expected for *_, expected in UNIT_CASES]


def test_a_phone_can_read_it(browser: Browser, ui: Ui) -> None:
    with open_page(browser, width=360, height=740) as page:
        for path in ("/", "/logs", "/targets"):
            page.goto(ui.url + path)
            expect(page.get_by_test_id("toolbar")).to_be_visible()
            settled(page)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
