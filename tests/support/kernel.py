"""What the kernel counts of the processors' time: the truth that a CPU panel is held against, however busy the machine is."""

import contextlib
import hashlib
import multiprocessing
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator

import psutil

_EVERY_S = 0.25


class CpuWatch:
    """Samples of the busy time of all processors since it was made."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, float]] = []
        self._stopped = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY_S):
            times = psutil.cpu_times()
            busy = times.user + times.nice + times.system + times.iowait + times.irq + times.softirq + times.steal
            self._samples.append((time.time(), busy / multiprocessing.cpu_count()))

    def busy_percent(self, start: float, end: float) -> float:
        """Of all processors between two moments, as far as they were watched."""
        samples = list(self._samples)
        first, last = (samples[min(bisect_left(samples, (at,)), len(samples) - 1)] for at in (start, end))
        return 100 * (last[1] - first[1]) / (last[0] - first[0]) if last[0] > first[0] else -1.0

    def stop(self) -> None:
        self._stopped.set()


@contextlib.contextmanager
def watched_cpu() -> Iterator[CpuWatch]:
    """A watch for the time of a block."""
    watch = CpuWatch()
    try:
        yield watch
    finally:
        watch.stop()


@contextlib.contextmanager
def burning(seconds: float) -> Iterator[None]:
    """All processors busy until the block ends, at most for so long."""
    context = multiprocessing.get_context("spawn")
    burners = [context.Process(target=_burn, args=(seconds,)) for _ in range(multiprocessing.cpu_count())]
    for burner in burners:
        burner.start()
    try:
        yield
    finally:
        for burner in burners:
            burner.terminate()
            burner.join()


def _burn(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        hashlib.sha256(b"x" * 10_000).digest()
