"""Blocks out of samples that are older than any storage would take while it runs.

The samples go through a storage of their own, whose snapshot is the blocks; these are moved into the data folder as a whole.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import httpx
import numpy as np

from collector.cli.arguments import complain
from collector.config import load_rules
from collector.scrape.formats import parsers
from collector.scrape.page import Page, ParseOptions, ScrapeError
from collector.storage.blockstore import BlockStore
from collector.storage.options import BlockInfo, StorageOptions
from collector.storage.series import SeriesTable
from collector.storage.storage import Storage
from pharos.client import Client, ClientError
from pharos.config import ConfigError
from pharos.labels import METRIC_NAME, LabelSet, label_set

_STEPS_A_QUERY: Final = 10_000
_WINDOW_MS: Final = 200 * 365 * 86_400_000  # everything may come out of order
Append = Callable[[Sequence[LabelSet], Sequence[int], Sequence[float]], None]


class BackfillError(Exception):
    """Samples that cannot become blocks."""


def from_openmetrics(body: bytes, output: Path) -> list[BlockInfo]:
    """Blocks of a file of which every sample has a time. Raises `BackfillError` or `OSError`."""
    try:
        page: Page = parsers["OpenMetricsText1.0.0"].factory(body, ParseOptions()).whole()
    except ScrapeError as error:
        raise BackfillError(f"next: {error}") from error
    series = [label_set(page.labels(index)) for index in range(len(page.values))]
    stamps = page.stamps or [None] * len(series)
    for labels, stamp in zip(series, stamps, strict=True):
        if stamp is None:
            raise BackfillError(f"expected timestamp for series got none: {dict(labels)}")

    def fill(append: Append) -> None:
        append(series, [stamp or 0 for stamp in stamps], page.values)

    return build_blocks(output, fill)


def from_rules(
    http: httpx.Client, url: str, files: Sequence[str], start: float, end: float, interval_s: float, output: Path
) -> list[BlockInfo]:
    """Blocks with what recording rules would have stored from start to end (seconds). Raises `BackfillError` or `OSError`."""
    try:
        groups = [group for file in files for group in load_rules(file).groups]
    except ConfigError as error:
        raise BackfillError(str(error)) from error

    def fill(append: Append) -> None:
        with Client(url, headers=dict(http.headers)) as client:
            for group in groups:
                step = float(group.interval) or interval_s
                for rule in group.rules:
                    if rule.record:
                        complain(f"processing rule, name: {rule.record}")
                        labels = {**group.labels, **rule.labels, METRIC_NAME: rule.record}
                        _backfill_rule(client, rule.expr, labels, start, end, step, append)

    try:
        return build_blocks(output, fill)
    except (ClientError, httpx.HTTPError) as error:
        raise BackfillError(f"backfilling rules: {error}") from error


def _backfill_rule(
    client: Client, expr: str, labels: dict[str, str], start: float, end: float, step: float, append: Append
) -> None:
    """One rule, in queries of so many steps that any server takes them."""
    begin = start - start % step
    while begin <= end:
        stop = min(end, begin + (_STEPS_A_QUERY - 1) * step)
        frame = client.query_range(expr, begin, stop, step)
        times = frame.times.astype(np.int64)
        for own, values in frame:
            there = np.flatnonzero(~np.isnan(values)).tolist()
            series = label_set({**own, **labels})
            append([series] * len(there), [int(times[place]) for place in there], values[there].tolist())
        begin = stop + step


def build_blocks(output: Path, fill: Callable[[Append], None]) -> list[BlockInfo]:
    """Run `fill` with a function that takes samples; the blocks end up in `<output>/blocks`. Raises `OSError`."""
    target = output / "blocks"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backfill-", dir=output) as scratch:
        options = StorageOptions(retention_ms=0, out_of_order_window_ms=_WINDOW_MS, max_ahead_ms=0, downsampling=False)
        storage = Storage(Path(scratch) / "data", options)
        storage.open()
        try:

            def append(series: Sequence[LabelSet], times: Sequence[int], values: Sequence[float]) -> None:
                storage.append(series, np.array(times, np.int64), np.array(values, np.float64))

            fill(append)
            folder = storage.path / "snapshots" / storage.snapshot()
        finally:
            storage.close()
        made = sorted(path.parent for path in folder.rglob("meta.json"))
        for block in made:
            shutil.move(str(block), target / block.name)
    return _infos(target, {block.name for block in made})


def _infos(folder: Path, names: set[str]) -> list[BlockInfo]:
    store = BlockStore(folder, SeriesTable())
    store.load()
    return [block.info() for block in store.blocks() if block.meta.ulid in names]
