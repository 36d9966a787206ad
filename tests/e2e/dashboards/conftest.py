"""One browser, the real `pharos dashboards` process, and stand-ins for its data sources."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import open_page, running_browser
from tests.support.processes import free_port, running, wait_ready
from tests.support.stub_sources import Stub, filled, running_stub

expect.set_options(timeout=15_000)  # what is waited for comes at once on a machine at leisure


@dataclass(frozen=True)
class Ui:
    """The running UI: its URL and process."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def stub() -> Stub:
    return filled()


@pytest.fixture(scope="module")
def sources(stub: Stub) -> Iterator[str]:
    with running_stub(stub) as url:
        yield url


@pytest.fixture(scope="module")
def ui(sources: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    folder = tmp_path_factory.mktemp("dashboards")
    port = free_port()
    command = [sys.executable, "-m", "pharos.cli.main", "dashboards"]
    command += [f"--web.listen-address=127.0.0.1:{port}", f"--dashboards.path={folder}"]
    command += [f"--datasource.{name}={sources}" for name in ("prometheus", "logs", "alerting")]
    url = f"http://127.0.0.1:{port}"
    with running(command, folder / "dashboards.log") as process:
        wait_ready(url)
        yield Ui(url, process, folder)


@pytest.fixture
def page(browser: Browser, ui: Ui) -> Iterator[Page]:
    """A page that must ask nobody but the UI, and must not complain."""
    foreign: list[str] = []
    complaints: list[str] = []
    with open_page(browser) as page:
        page.set_default_timeout(10_000)
        page.on("request", lambda r: None if r.url.startswith((ui.url, "data:", "blob:")) else foreign.append(r.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda m: (
                complaints.append(m.text) if m.type == "error" and "Failed to load resource" not in m.text else None
            ),
        )
        yield page
    assert foreign == []
    assert complaints == []
