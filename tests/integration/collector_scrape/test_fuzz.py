"""Random targets scraped by a real Prometheus and by us: same `up`, same samples and histograms, same staleness, same exemplars.

`PHAROS_FUZZ_PAGES` pages (400 when not set) from the seed `PHAROS_FUZZ_SEED` (1), a few for each target, so that pages are
also read as the same as the last one, or as one of another shape.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.peers import need_peer
from tests.support.processes import PHAROS, free_port, running, wait_ready
from tests.support.scrape_fuzz.cases import STEPS, Case, random_case
from tests.support.scrape_fuzz.compare import differences, error_differences, exemplar_differences, late_cases
from tests.support.scrape_fuzz.jobs import CREATED, FAILURES, FEATURES, OURS, jobs_with, write_config
from tests.support.scrape_fuzz.stored import Found, last_errors, read_exemplars, read_job
from tests.support.scrape_fuzz.target import Targets

pytestmark = [pytest.mark.integration, pytest.mark.peers]


def make_cases(created: bool) -> list[Case]:
    chance = random.Random(2 * int(os.environ.get("PHAROS_FUZZ_SEED", "1")) + created)
    pages = int(os.environ.get("PHAROS_FUZZ_PAGES", "400")) // 2
    return [random_case(chance, list(jobs_with(created))) for _ in range(pages // STEPS)]


def write_targets(folder: Path, cases: list[Case], address: str) -> None:
    for job in {case.job for case in cases}:
        groups = [
            {"targets": [address], "labels": {"__metrics_path__": f"/{number}", "n": str(number), "instance": "i"}}
            for number, case in enumerate(cases)
            if case.job == job
        ]
        (folder / f"{job}.json").write_text(json.dumps(groups))


def server(command: list[str], folder: Path, config: Path, created: bool) -> tuple[list[str], str]:
    """How a server is started, and where it listens."""
    address = f"127.0.0.1:{free_port()}"
    flags = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}")
    return [*command, *flags, f"--enable-feature={FEATURES}{',' + CREATED if created else ''}"], f"http://{address}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("created", [False, True])
async def test_same_verdicts_and_samples(tmp_path: Path, created: bool) -> None:
    cases, jobs = make_cases(created), jobs_with(created)
    targets = Targets(cases, 2)
    await targets.start()
    interval_s = max(3, len(cases) // 100)
    folders = [tmp_path / "theirs", tmp_path / "ours"]
    for folder, address in zip(folders, targets.addresses, strict=True):
        folder.mkdir()
        write_targets(folder, cases, address)
    peer = [need_peer("prometheus")]
    their_argv, their_url = server(peer, folders[0], write_config(folders[0], interval_s, jobs, {}), created)
    pharos = [*PHAROS, "collector"]
    our_argv, our_url = server(pharos, folders[1], write_config(folders[1], interval_s, jobs, OURS), created)
    urls = (their_url, our_url)
    with running(their_argv, tmp_path / "their.log"), running(our_argv, tmp_path / "our.log"):
        for url in urls:
            await asyncio.to_thread(wait_ready, url, 60)
        await all_asked(targets, interval_s * (STEPS + 3) + 120)
        found = [await asyncio.to_thread(read_all, url, jobs) for url in urls]
        errors = [await asyncio.to_thread(last_errors, url) for url in urls]
        exemplars = [await asyncio.to_thread(read_exemplars, url) for url in urls]
    await targets.stop()
    late = set.union(*(late_cases(folder / FAILURES) for folder in folders))
    differing = [*differences(cases, *found), *error_differences(cases, *errors), *exemplar_differences(*exemplars)]
    report(cases, late, [(number, text) for number, text in differing if number not in late])


async def all_asked(targets: Targets, timeout_s: float) -> None:
    """Until both servers have had all answers, and stored all but the last."""
    deadline = time.monotonic() + timeout_s
    while waiting := targets.waiting_for(STEPS + 1):
        assert time.monotonic() < deadline, f"not asked for, by scraper and case: {waiting[:10]}"
        await asyncio.sleep(0.2)


def read_all(url: str, jobs: Iterable[str]) -> Found:
    found: Found = {}
    for job in jobs:
        found.update(read_job(url, job))
    return found


def report(cases: list[Case], late: set[int], differing: list[tuple[int, str]]) -> None:
    """Fails when there are differences, and shows the first of them with the answers they come from."""
    numbers = sorted({number for number, _ in differing})
    print(
        f"{len(cases) * STEPS} pages, {len(numbers)} of {len(cases)} targets different, {len(late)} too late to compare"
    )
    shown = []
    for number in numbers[:20]:
        shown += [f"== case {number} job {cases[number].job}", *(f"  {answer}" for answer in cases[number].answers)]
        shown += [f"  {text}" for which, text in differing if which == number][:6]
    assert not differing, "\n".join(shown)
    assert len(late) <= len(cases) / 2, (
        f"{len(late)} of {len(cases)} targets were not scraped in time: nothing is shown"
    )
