"""What one sees of `pharos up`."""

import io

from rich.console import Console

from pharos.up.terminal import Terminal


def told(*, terminal: bool) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=40, force_terminal=terminal, color_system=None, highlight=False)
    Terminal(console).event("collector", "ended with signal SIGKILL; its log: /data/logs/collector.log")
    return out.getvalue().splitlines()


def test_a_long_event_is_aligned_below_itself_in_a_terminal() -> None:
    lines = told(terminal=True)
    assert len(lines) > 1
    assert all(line.startswith(" " * 9) for line in lines[1:])
    assert max(map(len, lines)) <= 40


def test_an_event_is_one_line_in_a_file() -> None:
    [line] = told(terminal=False)
    assert line.endswith("collector ended with signal SIGKILL; its log: /data/logs/collector.log")
