"""One byte of a folder is wrong, anywhere: the storage starts, says so where it matters, serves the rest, and never a wrong value."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from collector.storage.storage import Storage
from tests.unit.collector.storage.storage_support import HOUR_MS, FixedClock, everything, opened, series

pytestmark = pytest.mark.integration

FLIPS = 12  # in each kind of file
OPTIONS = {"out_of_order_window_ms": 6 * HOUR_MS, "wal_compression": "zstd"}


def build(folder: Path, clock: FixedClock) -> Storage:
    """Blocks, head files, a checkpoint and a log, as a killed process leaves them."""
    storage = opened(folder, clock, **OPTIONS)
    group = storage.open_group()
    group.reshape([series("scraped", i=str(i)) for i in range(40)])
    noise = np.random.default_rng(3)
    for minute in range(9 * 60):
        clock.ms += 60_000
        group.append_row(clock.ms, noise.random(40))
        storage.append([series("rule", i=str(i)) for i in range(4)], np.full(4, clock.ms), noise.random(4))
        if minute % 100 == 99:
            storage.sync()
            storage.maintain(clock.ms)
    storage.sync()
    return storage


def kinds(folder: Path) -> dict[str, list[Path]]:
    return {
        "log": sorted((folder / "wal").glob("[0-9]*")),
        "checkpoint": sorted((folder / "wal").glob("checkpoint.*")),
        "head": sorted((folder / "head").glob("*.frames")),
        "index": sorted((folder / "blocks").glob("*/index")),
        "chunks": sorted((folder / "blocks").glob("*/chunks")),
        "meta": sorted((folder / "blocks").glob("*/meta.json")),
    }


@pytest.mark.parametrize("kind", ["log", "checkpoint", "head", "index", "chunks", "meta"])
def test_a_flipped_byte_never_makes_a_wrong_sample(tmp_path: Path, kind: str) -> None:
    clock = FixedClock()
    storage = build(tmp_path / "good", clock)
    expected = {labels: dict(samples) for labels, samples in everything(storage).items()}
    total = sum(map(len, expected.values()))
    storage.abandon()
    chance = random.Random(kind)
    kept = []
    for number in range(FLIPS):
        folder = tmp_path / f"bad{number}"
        shutil.copytree(tmp_path / "good", folder)
        path = chance.choice(kinds(folder)[kind])
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        storage = opened(folder, FixedClock(clock.ms), **OPTIONS)
        count = 0
        for labels, samples in everything(storage).items():
            for when, value in samples:
                assert expected[labels][when] == value, f"byte of {path.name}: {labels} at {when}"
            count += len(samples)
        kept.append(count / total)
        storage.maintain(clock.ms)  # upkeep gets over it, too
        storage.close()
        shutil.rmtree(folder)
    assert min(kept) > 0.3  # one block, or what the log alone had
    assert max(kept) > 0.7
