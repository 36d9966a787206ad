import threading
from collections.abc import Iterator

import pytest

from exporters.node.config import Settings
from exporters.node.registry import NoData, NoOptions, collectors
from exporters.node.scrape import FilterError, Scraper
from exporters.page import samples
from pharos.clock import SystemClock
from pharos.exposition import Metric, gauge


@pytest.fixture
def scraper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scraper]:
    monkeypatch.setattr(collectors, "_plugins", {})
    release = threading.Event()

    @collectors.register("good")
    def good(_: object) -> Iterator[Metric]:
        yield gauge("good", "Fine.", 1)

    @collectors.register("half")
    def half(_: object) -> Iterator[Metric]:
        yield gauge("half", "The first half.", 1)
        raise RuntimeError("broken disk")

    @collectors.register("absent")
    def absent(_: object) -> Iterator[Metric]:
        raise NoData("nothing here")
        yield

    @collectors.register("stuck")
    def stuck(_: object) -> Iterator[Metric]:
        release.wait(10)
        yield gauge("stuck", "Late.", 1)

    @collectors.register("off", default=False)
    def off(_: object) -> Iterator[Metric]:
        yield gauge("off", "Off.", 1)

    names = ("good", "half", "absent", "stuck")
    yield Scraper(Settings(deadline_s=0.15, options={name: NoOptions() for name in names}), SystemClock())
    release.set()


def success(page: dict[str, float]) -> dict[str, float]:
    prefix = 'node_scrape_collector_success{collector="'
    return {key.removeprefix(prefix).rstrip('"}'): value for key, value in page.items() if key.startswith(prefix)}


async def test_failures_stay_apart(scraper: Scraper) -> None:
    page = samples(await scraper.scrape(scraper.names))
    assert success(page) == {"absent": 0, "good": 1, "half": 0, "stuck": 0}
    assert (page["good"], page["half"]) == (1, 1)
    assert "stuck" not in page
    assert page['node_scrape_collector_duration_seconds{collector="stuck"}'] == pytest.approx(0.15)


async def test_a_failure_is_logged_once(scraper: Scraper, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        await scraper.scrape(["half"])
    assert [record.getMessage() for record in caplog.records] == ["Collector failed"]


def test_choosing(scraper: Scraper) -> None:
    assert scraper.chosen([], []) == ["absent", "good", "half", "stuck"]
    assert scraper.chosen(["good", "good"], []) == ["good"]
    assert scraper.chosen([], ["half", "stuck"]) == ["absent", "good"]


@pytest.mark.parametrize(
    ("collect", "exclude", "message"),
    [
        (["nope"], [], "missing collector: nope"),
        (["off"], [], "disabled collector: off"),
        (["good"], ["half"], "cannot be combined"),
        ([], ["nope"], "missing collector: nope"),
    ],
)
def test_choosing_wrongly(scraper: Scraper, collect: list[str], exclude: list[str], message: str) -> None:
    with pytest.raises(FilterError, match=message):
        scraper.chosen(collect, exclude)
