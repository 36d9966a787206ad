"""The whole stack, as a user sees it: one browser, one `pharos up`, a machine under load, a line in a log, a target that dies."""

import http.server
import operator
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import settled
from tests.support.browser import open_page
from tests.support.chat import DINGTALK_SECRET, Chat, chat_server
from tests.support.kernel import CpuWatch, burning, watched_cpu
from tests.support.peers import ROOT
from tests.support.processes import PATIENCE_S, free_port, wait_for
from tests.support.stack import Stack, running_stack

pytestmark = pytest.mark.e2e

RULES = """
groups:
  - name: test
    interval: 1s
    rules:
      - alert: VictimDown
        expr: up{job="victim"} == 0
        for: 3s
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.instance }} does not answer"
"""

ALERTMANAGER = """
route:
  receiver: chats
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: chats
    slack_configs:
      - {api_url: "CHAT/slack", channel: "#ops", send_resolved: true}
    dingtalk_configs:
      - {webhook_url: "CHAT/robot/send?access_token=t", secret: "SECRET"}
"""


class Victim:
    """A target that can die and come back on the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: http.server.ThreadingHTTPServer | None = None

    def start(self) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = b"# TYPE victim_alive gauge\nvictim_alive 1\n"
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests do not print requests."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    victim = Victim()
    victim.start()
    yield victim
    victim.stop()


@pytest.fixture(scope="module")
def chat() -> Iterator[Chat]:
    with chat_server() as chat:
        yield chat


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, victim: Victim, chat: Chat) -> Iterator[Stack]:
    prometheus = (ROOT / "deploy" / "default" / "prometheus.yml").read_text()
    prometheus = prometheus.replace("15s", "1s").replace("scrape_interval: 5s", "scrape_interval: 1s")
    prometheus += f"\n  - job_name: victim\n    scrape_timeout: 1s\n    static_configs: [{{targets: ['127.0.0.1:{victim.port}']}}]\n"
    config = {
        "prometheus.yml": prometheus,
        "rules/test.yml": RULES,
        "alertmanager.yml": ALERTMANAGER.replace("CHAT", chat.url).replace("SECRET", DINGTALK_SECRET),
    }
    with running_stack(tmp_path_factory.mktemp("e2e"), config=config) as stack:
        yield stack


@pytest.fixture(scope="module")
def kernel(stack: Stack) -> Iterator[CpuWatch]:
    """Watches the processors from before the first test."""
    with watched_cpu() as watch:
        yield watch


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A page that must load nothing from anywhere but the stack."""
    foreign: list[str] = []
    with open_page(browser) as page:
        page.on(
            "request",
            lambda request: (
                None
                if "127.0.0.1" in request.url or request.url.startswith(("data:", "blob:"))
                else foreign.append(request.url)
            ),
        )
        yield page
    assert foreign == []


def go(page: Page, stack: Stack, path: str) -> None:
    page.goto(f"{stack.url('dashboards')}{path}")


NOTE_WHEN_SEEN = """text => {
    const look = () => { if (!window.seenAt && document.body.textContent.includes(text)) window.seenAt = Date.now(); };
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


def test_a_written_line_is_found_on_the_logs_page_within_five_seconds(
    page: Page, stack: Stack, kernel: CpuWatch
) -> None:
    go(page, stack, "/logs?query=zebra&from=now-15m&to=now&refresh=1s")
    expect(page.get_by_test_id("no-logs")).to_be_visible()
    page.evaluate(NOTE_WHEN_SEEN, "A zebra crossed the road")
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with (stack.data / "logs" / "application.log").open("a") as log:
        log.write(f'ts={stamp} level=warn msg="A zebra crossed the road" count=1\n')
    written = time.time()
    page.wait_for_function("() => window.seenAt")
    assert page.evaluate("window.seenAt") / 1000 - written < 5


def test_a_dead_target_turns_red_is_told_to_the_chats_and_resolves(
    page: Page, stack: Stack, victim: Victim, chat: Chat
) -> None:
    instance = f"127.0.0.1:{victim.port}"
    row = page.locator(f"[data-testid=target-row][data-instance='{instance}']")
    go(page, stack, "/targets")
    expect(row).to_have_attribute("data-state", "up")
    victim.stop()
    expect(row).to_have_attribute("data-state", "down")
    expect(row.get_by_test_id("target-error")).to_contain_text(f"127.0.0.1:{victim.port}")

    wait_for("the alert to fire", lambda: stack.query('ALERTS{alertname="VictimDown",alertstate="firing"}'))
    wait_for("both chats to be told", lambda: chat.dingtalk and chat.slack)
    began = stack.query('min_over_time(timestamp(ALERTS{alertname="VictimDown"})[5m:1s])')
    assert [labels["alertstate"] for labels, _ in sorted(began, key=operator.itemgetter(1))] == ["pending", "firing"]
    assert chat.refused == []
    assert "VictimDown" in chat.dingtalk_texts()[0]
    assert "VictimDown" in chat.slack_texts()[0]
    go(page, stack, "/alerts")
    expect(page.get_by_text("VictimDown").first).to_be_visible()

    victim.start()
    for texts in (chat.dingtalk_texts, chat.slack_texts):
        wait_for(
            "both chats to be told it is over",
            lambda texts=texts: any("resolved" in text.lower() for text in texts()[1:]),
        )
    go(page, stack, "/targets")
    expect(row).to_have_attribute("data-state", "up")


TOP_OF_STACK = """() => {
    const plot = document.querySelector('[data-testid=panel][data-title="CPU"] .js-plotly-plot');
    const traces = plot ? plot.data.filter(trace => trace.y && trace.y.length) : [];
    const last = Math.max(...traces.map(trace => trace.x[trace.y.findLastIndex(Number.isFinite)] || 0));
    const at = trace => trace.y[Array.from(trace.x).indexOf(last)] || 0;
    return traces.length ? [last / 1000, Math.max(...traces.map(at))] : null;
}"""


def test_the_cpu_panel_shows_what_the_kernel_counts_and_rises_with_a_load(
    page: Page, stack: Stack, kernel: CpuWatch
) -> None:
    """However busy the machine is already: what a load adds is measured by the kernel, not supposed."""
    go(page, stack, "/d/node/node?from=now-2m&to=now&refresh=1s")

    def shown_right() -> float:
        """The percentage that is drawn for the last minute, if the kernel counted the same; else 0."""
        drawn = page.evaluate(TOP_OF_STACK)
        page.wait_for_timeout(200)
        if drawn is None:
            return 0.0
        at, percent = drawn
        return float(percent) if abs(percent - kernel.busy_percent(at - 60, at)) < 8 else 0.0

    before = wait_for("the CPU panel to show what the kernel counts", shown_right)
    raised = before + 0.2 * (100 - before)  # a fifth of what was idle: twelve seconds of full load in a minute
    with burning(PATIENCE_S):
        wait_for("the CPU panel to rise with the load", lambda: shown_right() > raised - 0.5)


PAGES = {
    "node": "/d/node/node?from=now-5m&to=now",
    "containers": "/d/containers/containers?from=now-5m&to=now",
    "probes": "/d/probes/probes?from=now-5m&to=now",
    "pharos": "/d/pharos/pharos?from=now-5m&to=now",
    "logs-overview": "/d/logs-overview/logs?from=now-5m&to=now",
    "dashboards": "/dashboards",
    "explore": "/explore?expr=sum by (mode) (rate(node_cpu_seconds_total[30s]))&from=now-5m&to=now",
    "logs": "/logs?from=now-15m&to=now",
    "alerts": "/alerts",
    "targets": "/targets",
    "home": "/?from=now-3m&to=now",  # last: by then there is something to see
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn_without_a_complaint_in_both_themes(
    browser: Browser, stack: Stack, tmp_path: Path, name: str
) -> None:
    """Also makes the pictures of the documentation: `make screenshots`."""
    complaints: list[str] = []
    folder = Path(os.environ.get("PHAROS_SCREENSHOTS") or tmp_path)
    with open_page(browser) as page:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        go(page, stack, PAGES[name])
        for theme in ("dark", "light"):
            if theme == "light":
                page.get_by_test_id("theme-toggle").click()
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            settled(page)
            broken = page.locator("[data-testid=panel-error], [data-testid=not-found], [data-testid=source-down]")
            expect(broken).to_have_count(0)  # a page built without a slow source asks again by itself
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
            page.wait_for_timeout(300)  # charts take a frame each for new colours
            page.screenshot(path=str(folder / f"{name}-{theme}.png"))
    assert complaints == []
