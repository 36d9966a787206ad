"""Small things the storage's tests share."""

from pathlib import Path

import numpy as np

from collector.storage.interface import DensePart, Selection
from collector.storage.options import StorageOptions
from collector.storage.storage import Storage
from pharos.labels import LabelSet, label_set
from pharos.matchers import Matcher, parse_matchers

START_MS = 1_700_006_400_000  # the start of a 2 h window
HOUR_MS = 3_600_000


class FixedClock:
    def __init__(self, ms: int = START_MS) -> None:
        self.ms = ms

    def now(self) -> float:
        return self.ms / 1000

    def monotonic(self) -> float:
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


def opened(path: Path, clock: FixedClock | None = None, **options: int | str | bool) -> Storage:
    storage = Storage(path, StorageOptions(**{"max_ahead_ms": 0, **options}), clock or FixedClock())  # type: ignore[arg-type]
    storage.open()
    return storage


def series(name: str, **labels: str) -> LabelSet:
    return label_set({"__name__": name, **labels})


def matchers(text: str) -> list[Matcher]:
    return parse_matchers(text)


def samples(selection: Selection) -> dict[LabelSet, list[tuple[int, float]]]:
    """What a selection holds, as plain values."""
    out: dict[LabelSet, list[tuple[int, float]]] = {}
    for part in selection.parts:
        for index, row in enumerate(part.rows.tolist()):
            if isinstance(part, DensePart):
                times, values = part.timestamps, part.values[index]
            else:
                own = slice(int(part.offsets[index]), int(part.offsets[index + 1]))
                times, values = part.timestamps[own], part.values[own]
            labels = label_set(selection.labels.labels(row))
            assert labels not in out
            out[labels] = list(zip(times.tolist(), values.tolist(), strict=True))
    return out


def everything(storage: Storage, text: str = '{__name__=~".+"}') -> dict[LabelSet, list[tuple[int, float]]]:
    return samples(storage.select(matchers(text), 0, 2**62))


def write_rows(storage: Storage, clock: FixedClock, rows: int, step_ms: int = 15_000, count: int = 3) -> list[LabelSet]:
    """A group of `count` counters with `rows` rows."""
    page = [series("requests_total", i=str(number)) for number in range(count)]
    group = storage.open_group()
    group.reshape(page)
    for row in range(rows):
        clock.ms += step_ms
        report = group.append_row(clock.ms, np.arange(count) * 10.0 + row)
        assert report.appended == count
    group.close(None)
    return page
