"""Starting real processes on free loopback ports, and ending them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

PHAROS = (sys.executable, "-m", "pharos.cli.main")
PATIENCE_S = 300.0  # after so long something hangs; how quick a machine is, no test may depend on


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(argv: Sequence[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes to `log`; SIGTERM at the end, SIGKILL for what does not heed it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(argv), stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> int:
    """Stop a process; returns its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S / 2)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait(PATIENCE_S)


def wait_for(what: str, check: Callable[[], Any], timeout_s: float = PATIENCE_S, poll_s: float = 0.1) -> Any:
    """The first truthy answer of `check`; connection errors count as "not yet"."""
    deadline = time.monotonic() + timeout_s
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = check()
            if last:
                return last
        except (httpx.TransportError, OSError) as error:
            last = error
        time.sleep(poll_s)
    raise AssertionError(f"waited {timeout_s:.0f} s for {what}; last: {last!r}")


def wait_ready(url: str, timeout_s: float = PATIENCE_S) -> None:
    """Until `/-/ready` answers 200."""
    wait_for(f"{url} to be ready", lambda: httpx.get(f"{url}/-/ready", timeout=2).status_code == 200, timeout_s)


def children(pid: int) -> list[int]:
    """All living descendants of a process."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def alive(pid: int) -> bool:
    """Whether a process exists."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
