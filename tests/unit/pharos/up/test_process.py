import asyncio
import sys
from pathlib import Path

from pharos.clock import SystemClock
from pharos.up.plan import PlannedPart
from pharos.up.process import State, Supervised


def planned(tmp_path: Path, code: str) -> PlannedPart:
    return PlannedPart("x", "", (sys.executable, "-c", code), "127.0.0.1", 1, tmp_path / "x.log")


async def test_a_part_that_ends_is_started_again_and_its_output_kept(tmp_path: Path) -> None:
    told: list[str] = []
    process = Supervised(
        planned(tmp_path, "print('hello', flush=True); raise SystemExit(3)"),
        SystemClock(),
        lambda _, text: told.append(text),
    )
    run = asyncio.create_task(process.run())
    while process.restarts < 2:
        await asyncio.sleep(0.01)
    process.terminate()
    await run
    assert told[0].startswith("ended with exit code 3, starts again in 0.3 s")
    assert (tmp_path / "x.log").read_text().startswith("hello\nhello\n")
    assert process.state is State.STOPPED


async def test_a_killed_part_is_told_by_its_signal(tmp_path: Path) -> None:
    told: list[str] = []
    process = Supervised(
        planned(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        SystemClock(),
        lambda _, text: told.append(text),
    )
    run = asyncio.create_task(process.run())
    while not told:
        await asyncio.sleep(0.01)
    process.terminate()
    await run
    assert "signal SIGKILL" in told[0]
