"""A whole stack for tests: `pharos up` on ports of its own, with scrapes and groups that do not keep a test waiting."""

import contextlib
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from pharos.cli.parts import PARTS, part
from pharos.up.ports import is_free
from tests.support.processes import PHAROS, running, wait_for


@dataclass(frozen=True, slots=True)
class Stack:
    """A running `pharos up`."""

    process: subprocess.Popen[bytes]
    data: Path
    offset: int

    def url(self, command: str) -> str:
        return f"http://127.0.0.1:{part(command).port + self.offset}"

    def ready(self, command: str) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url(command)}/-/ready", timeout=2).status_code == 200
        return False

    def pid(self, command: str) -> int:
        """The process of a part, found by its command line among the supervisor's children."""
        import psutil

        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if command in child.cmdline():
                    return child.pid
        raise AssertionError(f"no process of {command}")

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """An instant query: labels and value of each series."""
        answer = httpx.get(f"{self.url('collector')}/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", answer
        return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]


def free_offset() -> int:
    """An offset at which all ports of the stack are free."""
    for _ in range(100):
        offset = random.randrange(10_000, 50_000)
        if all(is_free("127.0.0.1", part.port + offset) for part in PARTS):
            return offset
    raise AssertionError("no free block of ports")


@contextlib.contextmanager
def running_stack(folder: Path, *arguments: str, config: dict[str, str] | None = None) -> Iterator[Stack]:
    """`pharos up` with `config` (file name -> text) in place of the defaults, ready to be used."""
    offset = free_offset()
    own = folder / "own"
    own.mkdir(parents=True, exist_ok=True)
    for name, text in (config or {}).items():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(text)
    data = folder / "data"
    argv = [*PHAROS, "up", f"--data-dir={data}", f"--config-dir={own}", f"--port-offset={offset}", *arguments]
    with running(argv, folder / "up.log") as process:
        stack = Stack(process, data, offset)
        left_out = {argument.partition("=")[2] for argument in arguments if argument.startswith("--without=")}
        for planned in PARTS:
            if planned.command not in left_out:
                wait_for(
                    f"{planned.command} (see {folder / 'up.log'})",
                    lambda name=planned.command: stack.ready(name),
                )
        yield stack
