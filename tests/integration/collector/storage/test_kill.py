"""kill -9 at random moments: everything that was synced is there, nothing is wrong, and the start is quick.

PHAROS_KILL_ROUNDS: how often (8).
"""

import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from collector.storage.interface import DensePart
from collector.storage.options import StorageOptions
from collector.storage.storage import Storage
from collector.storage.wal import list_segments
from pharos.matchers import parse_matchers

from . import writer

ROUNDS = int(os.environ.get("PHAROS_KILL_ROUNDS", "8"))


def check(folder: Path, durable: int) -> tuple[int, float]:
    """Read everything back; the rows that every series has and the CPU seconds of the start, which others on the machine do not lengthen."""
    storage = Storage(
        folder, StorageOptions(max_ahead_ms=0, wal_segment_bytes=200_000, block_ms=600_000, retention_ms=0)
    )
    began = time.process_time()
    storage.open()
    took = time.process_time() - began
    assert len(storage.head.layouts) <= 3  # each target goes on with what it had
    assert len(list_segments(folder / "wal")) < 40
    rows = 2**62
    for name, count in (("m", 3 * writer.SERIES), ("rule", 5)):
        selection = storage.select(parse_matchers(name), 0, 2**62)
        assert len(selection.labels) == count
        for part in selection.parts:
            if isinstance(part, DensePart):
                times, values = part.timestamps, part.values
                expected = np.broadcast_to((times - writer.START_MS) / 1000, values.shape)
                assert (np.diff(times) == 1000).all()
                lengths = [len(times)]
            else:
                times, values = part.timestamps, part.values
                expected = (times - writer.START_MS) / 1000
                lengths = np.diff(part.offsets).tolist()
                inner = np.ones(len(times) - 1, bool)
                inner[part.offsets[1:-1] - 1] = False
                assert (np.diff(times)[inner] == 1000).all()
            assert (values == expected).all()
            assert min(lengths) >= durable
            rows = min(rows, *lengths)
    storage.close()
    return rows, took


@pytest.mark.integration
@pytest.mark.timeout(120 + 60 * ROUNDS)
def test_random_kills_lose_nothing_that_was_synced(tmp_path: Path) -> None:
    chance = random.Random(7)
    rows, starts = 0, []
    for _ in range(ROUNDS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.collector.storage.writer", str(tmp_path), str(rows)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        deadline = time.monotonic() + chance.uniform(0.3, 1.2)
        durable = 0
        for line in process.stdout:
            durable = int(line)
            if time.monotonic() > deadline and durable > rows:
                break
        process.kill()
        rest = process.stdout.read().split("\n")
        process.wait()
        process.stdout.close()
        durable = max([durable, *(int(text) for text in rest[:-1] if text)])
        rows, took = check(tmp_path, durable)
        assert rows >= durable
        assert took < 3
        starts.append(took)
    assert rows > 0
    print(
        f"{ROUNDS} starts: {statistics.median(starts):.3f} s CPU, at most {max(starts):.3f}; {rows * 155} samples compared"
    )
