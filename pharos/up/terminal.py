"""What `pharos up` shows: a table of what runs where, and one line for each thing worth knowing."""

import time
from typing import Final

import psutil
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pharos.up.plan import UpOptions
from pharos.up.process import State, Supervised

WIDE: Final = 116
_STYLE = {State.UP: "green", State.STARTING: "yellow", State.WAITING: "red", State.STOPPED: "dim"}


class Terminal:
    """Prints to one console."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    def starting(self, options: UpOptions, count: int) -> None:
        self.console.print(f"[bold]Pharos[/] starts {count} parts, data in [cyan]{options.data_dir}[/]")

    def event(self, part: str, text: str) -> None:
        at, line = time.strftime("%H:%M:%S"), f"[bold yellow]{part}[/] {escape(text)}"
        if not self.console.is_terminal:
            self.console.print(f"{at} {line}", soft_wrap=True)
            return
        aligned = Table.grid(padding=(0, 1, 0, 0))
        aligned.add_column(no_wrap=True)
        aligned.add_column(overflow="fold")
        aligned.add_row(at, line)
        self.console.print(aligned)

    def ready(self, processes: list[Supervised]) -> None:
        """The table, and the one address to open."""
        self.console.print(parts_table(processes, wide=self.console.width >= WIDE))
        ui = next((process.part.url for process in processes if process.part.name == "dashboards"), None)
        if ui is not None:
            self.console.print(f"Open [bold cyan]{ui}[/]   (Ctrl-C stops everything)\n")


def parts_table(processes: list[Supervised], *, wide: bool) -> Table:
    """Part, address, state, pid, memory, and on a wide terminal what it does."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("part", "address", "state", "pid", "memory"):
        table.add_column(title, justify="right" if title in ("pid", "memory") else "left", no_wrap=True)
    if wide:
        table.add_column("what it does", no_wrap=True, style="dim")
    for process in processes:
        state = f"[{_STYLE[process.state]}]{process.state.value}[/]"
        row = [process.part.name, process.part.url, state, str(process.pid or "-"), _memory(process.pid)]
        table.add_row(*row, *([process.part.summary.partition(" (")[0]] if wide else []))
    return table


def _memory(pid: int | None) -> str:
    if pid is None:
        return "-"
    try:
        return f"{psutil.Process(pid).memory_info().rss / 2**20:.0f} MB"
    except psutil.Error:
        return "-"
