"""The web UI in headless Chromium: 12 panels of 20 series and 300 points, and Home. CPU is that of the browser's main thread."""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from tests.support.browser import open_page, running_browser
from tests.support.processes import PHAROS, free_port, running, wait_ready
from tests.support.speed_dashboard import UID, speed_dashboard
from tests.support.stub_sources import filled, running_stub

ROUNDS = 5
WATCH = """
window.longTasks = [];
new PerformanceObserver(list => { for (const entry of list.getEntries()) window.longTasks.push(entry.duration); }).observe({type: "longtask", buffered: true});
"""
DRAWN = "count => document.querySelectorAll('.js-plotly-plot[data-drawn]').length >= count"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The dashboards process on stand-in sources."""
    (folder / f"{UID}.json").write_text(speed_dashboard())
    port = free_port()
    with running_stub(filled()) as sources:
        command = [*PHAROS, "dashboards", f"--web.listen-address=127.0.0.1:{port}", f"--dashboards.path={folder}"]
        command += [f"--datasource.{name}={sources}" for name in ("prometheus", "logs", "alerting")]
        with running(command, folder / "log"):
            url = f"http://127.0.0.1:{port}"
            wait_ready(url)
            yield url


def cpu_ms(session: CDPSession) -> float:
    """CPU that the page's main thread has spent so far."""
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"]) * 1000


def renders(page: Page, session: CDPSession, url: str, panels: int) -> tuple[list[float], list[float]]:
    """Milliseconds until the last panel is drawn, and CPU, of several visits."""
    times, cpu = [], []
    for _ in range(ROUNDS):
        page.goto("about:blank")
        before = cpu_ms(session)
        page.goto(url)
        page.wait_for_function(DRAWN, arg=panels)
        times.append(float(page.evaluate("window.pharos.lastDraw")))
        after = cpu_ms(session)
        cpu.append(after - before if after > before else after)
    return times, cpu


def refreshes(page: Page, session: CDPSession) -> tuple[list[float], list[int], float]:
    """CPU and bytes of each refresh, and the longest task of all."""
    page.evaluate("window.longTasks.length = 0")
    cpu, sizes = [], []
    for _ in range(ROUNDS):
        before = cpu_ms(session)
        with page.expect_response(lambda answer: answer.url.endswith("/api/ds/query")) as caught:
            page.get_by_test_id("refresh").click()
        sizes.append(len(caught.value.body()))
        page.wait_for_timeout(1000)
        cpu.append(cpu_ms(session) - before)
    return cpu, sizes, float(page.evaluate("Math.max(0, ...window.longTasks)"))


def main() -> None:
    """Print the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as url,
        running_browser() as browser,
        open_page(browser) as page,
    ):
        page.add_init_script(WATCH)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(f"{url}/dashboards")  # the browser has the scripts now
        for name, path, panels in (("12 x 20 x 300", f"/d/{UID}/{UID}", 12), ("Home", "/", 3)):
            times, cpu = renders(page, session, url + path, panels)
            print(
                f"{name:<14} first render {min(times):5.0f} ms (median {statistics.median(times):.0f}), "
                f"CPU {statistics.median(cpu):5.0f} ms",
                flush=True,
            )
            cpu, sizes, longest = refreshes(page, session)
            print(
                f"{'':<14} refresh {statistics.median(sizes) / 1000:.1f} KB, CPU {statistics.median(cpu):.0f} ms, "
                f"longest task {longest:.0f} ms",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
