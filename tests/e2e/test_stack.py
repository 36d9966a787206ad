"""The whole stack, as a user sees it: one browser, one `pharos up`, a machine under load, a line in a log, a target that dies."""

import hashlib
import http.server
import multiprocessing
import operator
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import open_page, running_browser
from tests.support.chat import DINGTALK_SECRET, Chat, chat_server
from tests.support.peers import ROOT
from tests.support.processes import free_port, wait_for
from tests.support.stack import Stack, running_stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

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
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


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


def burn(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        hashlib.sha256(b"x" * 10_000).digest()


def drawn_now(page: Page, title: str) -> float:
    """The sum of the newest values that the named panel has drawn; -1 before it has drawn anything."""
    return float(
        page.evaluate(
            """title => {
                const plot = document.querySelector(`[data-testid=panel][data-title="${title}"] .js-plotly-plot`);
                const last = plot ? plot.data.map(trace => Array.from(trace.y || []).filter(Number.isFinite).at(-1)) : [];
                return last.length ? last.filter(Number.isFinite).reduce((a, b) => a + b, 0) : -1;
            }""",
            title,
        )
    )


def test_a_load_raises_the_cpu_panel(page: Page, stack: Stack) -> None:
    go(page, stack, "/d/node/node?from=now-2m&to=now&refresh=1s")
    # Percent of all processors over the last minute: twenty seconds of full load are worth a third of what is idle.
    quiet, rise = 60.0, 10.0
    wait_for("a quiet CPU panel", lambda: 0 <= drawn_now(page, "CPU") < quiet or page.wait_for_timeout(200), 60)
    before = drawn_now(page, "CPU")
    burners = [
        multiprocessing.get_context("spawn").Process(target=burn, args=(25,))
        for _ in range(multiprocessing.cpu_count())
    ]
    for burner in burners:
        burner.start()
    try:
        busy = "1 - avg(rate(node_cpu_seconds_total{mode='idle'}[5s]))"
        wait_for("the load to be measured", lambda: any(value > 0.8 for _, value in stack.query(busy)), 20)
        wait_for(
            "the CPU panel to show it", lambda: drawn_now(page, "CPU") > before + rise or page.wait_for_timeout(200), 20
        )
    finally:
        for burner in burners:
            burner.terminate()
            burner.join()


def test_a_written_line_is_found_on_the_logs_page_within_five_seconds(page: Page, stack: Stack) -> None:
    go(page, stack, "/logs?query=zebra&from=now-15m&to=now&refresh=1s")
    page.wait_for_load_state("networkidle")
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with (stack.data / "logs" / "application.log").open("a") as log:
        log.write(f'ts={stamp} level=warn msg="A zebra crossed the road" count=1\n')
    written = time.monotonic()
    expect(page.get_by_text("A zebra crossed the road").first).to_be_visible(timeout=15_000)
    assert time.monotonic() - written < 5


def test_a_dead_target_turns_red_is_told_to_the_chats_and_resolves(
    page: Page, stack: Stack, victim: Victim, chat: Chat
) -> None:
    instance = f"127.0.0.1:{victim.port}"
    row = page.locator(f"[data-testid=target-row][data-instance='{instance}']")
    wait_for("the target to be scraped", lambda: stack.query("victim_alive"), 20)
    victim.stop()
    go(page, stack, "/targets?refresh=1s")
    wait_for(
        "the target to be down",
        lambda: (
            row.get_attribute("data-state", timeout=15_000) == "down" or (page.wait_for_timeout(500), page.reload())[0]
        ),
        20,
    )
    expect(row.get_by_test_id("target-error")).to_contain_text(f"127.0.0.1:{victim.port}")

    wait_for("the alert to fire", lambda: stack.query('ALERTS{alertname="VictimDown",alertstate="firing"}'), 20)
    wait_for("both chats to be told", lambda: chat.dingtalk and chat.slack, 20)
    began = stack.query('min_over_time(timestamp(ALERTS{alertname="VictimDown"})[5m:1s])')
    assert [labels["alertstate"] for labels, _ in sorted(began, key=operator.itemgetter(1))] == ["pending", "firing"]
    assert chat.refused == []
    assert "VictimDown" in chat.dingtalk_texts()[0]
    assert "VictimDown" in chat.slack_texts()[0]
    go(page, stack, "/alerts")
    expect(page.get_by_text("VictimDown").first).to_be_visible(timeout=15_000)

    victim.start()
    wait_for("both chats to be told it is over", lambda: len(chat.dingtalk) >= 2 and len(chat.slack) >= 2, 30)
    assert any("resolved" in text.lower() for text in chat.dingtalk_texts()[1:])
    assert any("resolved" in text.lower() for text in chat.slack_texts()[1:])
    go(page, stack, "/targets")
    wait_for(
        "the target to be up",
        lambda: (
            row.get_attribute("data-state", timeout=15_000) == "up" or (page.wait_for_timeout(500), page.reload())[0]
        ),
        20,
    )


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
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_drawn_without_a_complaint(
    browser: Browser, stack: Stack, tmp_path: Path, name: str, theme: str
) -> None:
    """Also makes the pictures of the documentation: `make screenshots`."""
    complaints: list[str] = []
    folder = Path(os.environ.get("PHAROS_SCREENSHOTS") or tmp_path)
    with open_page(browser, dark=theme == "dark") as page:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        go(page, stack, PAGES[name])
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1000)
        assert (
            page.locator("[data-testid=panel-error], [data-testid=not-found], [data-testid=source-down]").count() == 0
        )
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
        page.screenshot(path=str(folder / f"{name}-{theme}.png"))
    assert complaints == []
