"""What the whole stack takes when nobody looks: CPU and memory of each part of `pharos up` with its default configuration."""

import os
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from pharos.cli.parts import PARTS
from tests.support.stack import running_stack

SETTLE_S = float(os.environ.get("BENCH_SETTLE_S", "30"))
MEASURE_S = float(os.environ.get("BENCH_MEASURE_S", "60"))


def main() -> None:
    """Start the stack, let it settle, measure a minute."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        time.sleep(SETTLE_S)
        processes = {"up (supervisor)": psutil.Process(stack.process.pid)}
        processes |= {part.command: psutil.Process(stack.pid(part.command)) for part in PARTS}
        before = {name: _cpu(process) for name, process in processes.items()}
        time.sleep(MEASURE_S)
        table = Table(title=f"idle stack, {MEASURE_S:.0f} s")
        for title in ("part", "CPU % of a core", "RSS MB", "PSS MB"):
            table.add_column(title, justify="left" if title == "part" else "right")
        totals = [0.0, 0.0, 0.0]
        for name, process in processes.items():
            memory = process.memory_full_info()
            row = [(_cpu(process) - before[name]) / MEASURE_S * 100, memory.rss / 2**20, memory.pss / 2**20]
            totals = [total + value for total, value in zip(totals, row, strict=True)]
            table.add_row(name, f"{row[0]:.2f}", f"{row[1]:.0f}", f"{row[2]:.0f}")
        table.add_row("all", f"{totals[0]:.2f}", f"{totals[1]:.0f}", f"{totals[2]:.0f}", style="bold")
        Console().print(table)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
