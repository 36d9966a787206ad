"""One browser for all browser tests, and patience: what is waited for comes at once on a machine at leisure."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import running_browser
from tests.support.processes import PATIENCE_S

expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


SETTLED = """() => {
    const seen = element => { const box = element.getBoundingClientRect(); return box.bottom > 0 && box.top < window.innerHeight; };
    const all = name => Array.from(document.querySelectorAll(name)).filter(seen);
    const ready = panel => panel.dataset.state !== 'loading'
        && (panel.dataset.type !== 'timeseries' || panel.querySelector('[data-drawn], [data-testid=no-data], [data-testid=panel-error]'));
    return document.querySelector('[data-testid=toolbar]') && !all('.skeleton, .boot').length && all('[data-testid=panel]').every(ready);
}"""


def settled(page: Page) -> None:
    """Wait until all that can be seen is there, and drawn."""
    page.wait_for_function(SETTLED, timeout=PATIENCE_S * 1000)
