"""The real `pharos dashboards` process, and stand-ins for its data sources."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import open_page
from tests.support.processes import free_port, running, wait_ready
from tests.support.stub_sources import Stub, filled, running_stub


@dataclass(frozen=True)
class Ui:
    """The running UI: its URL and process."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path


@contextlib.contextmanager
def running_ui(sources: str, folder: Path) -> Iterator[Ui]:
    """The process, which takes all its data from one URL."""
    port = free_port()
    command = [sys.executable, "-m", "pharos.cli.main", "dashboards"]
    command += [f"--web.listen-address=127.0.0.1:{port}", f"--dashboards.path={folder}"]
    command += [f"--datasource.{name}={sources}" for name in ("prometheus", "logs", "alerting")]
    url = f"http://127.0.0.1:{port}"
    with running(command, folder / "dashboards.log") as process:
        wait_ready(url)
        yield Ui(url, process, folder)


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Stub, str]]:
    """The stand-ins and where they listen."""
    stub = Stub()
    with running_stub(stub) as url:
        yield stub, url


@pytest.fixture(autouse=True)
def stub(served: tuple[Stub, str]) -> Stub:
    """The stand-ins, with the same in them at the begin of every test."""
    stub, _ = served
    vars(stub).update(vars(filled()))
    return stub


@pytest.fixture(scope="session")
def ui(served: tuple[Stub, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    with running_ui(served[1], tmp_path_factory.mktemp("dashboards")) as ui:
        yield ui


@pytest.fixture
def page(browser: Browser, ui: Ui) -> Iterator[Page]:
    """A page that must ask nobody but the UI, and must not complain."""
    foreign: list[str] = []
    complaints: list[str] = []
    with open_page(browser) as page:
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
