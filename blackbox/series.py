"""Several measurements of the same thing: loss, extremes, mean and jitter."""

from collections.abc import Sequence
from itertools import pairwise

from blackbox.page import Page


def set_series(page: Page, name: str, what: str, seconds: Sequence[float], count: int) -> None:
    """`<name>_loss_ratio` and `<name>_<what>{stat}`; jitter is the mean difference of neighbours."""
    page.set(f"{name}_loss_ratio", 1 - len(seconds) / count)
    if not seconds:
        return
    steps = [abs(later - earlier) for earlier, later in pairwise(seconds)]
    stats = {
        "min": min(seconds),
        "avg": sum(seconds) / len(seconds),
        "max": max(seconds),
        "jitter": sum(steps) / len(steps) if steps else 0.0,
    }
    for stat, value in stats.items():
        page.set(f"{name}_{what}", value, stat=stat)
