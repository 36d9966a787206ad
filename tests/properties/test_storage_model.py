"""The storage against a dictionary: random appends, reshapes, restarts, deletions; every answer is the same."""

import math
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from collector.storage.interface import ABSENT_BITS, ABSENT_NAN, STALE_BITS, STALE_NAN, DensePart, Selection
from collector.storage.options import StorageOptions
from collector.storage.storage import Storage
from pharos.labels import LabelSet, label_set
from pharos.matchers import Matcher, MatchOp

START_MS = 1_700_000_000_000
BLOCK_MS = 60_000


class FixedClock:
    def __init__(self) -> None:
        self.ms = START_MS

    def now(self) -> float:
        return self.ms / 1000

    def monotonic(self) -> float:
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here sleeps")


def key(value: float) -> str:
    bits = int(np.float64(value).view(np.uint64))
    return "stale" if bits == STALE_BITS else "nan" if math.isnan(value) else repr(float(value))


def contents(selection: Selection) -> dict[LabelSet, dict[int, str]]:
    out: dict[LabelSet, dict[int, str]] = {}
    for part in selection.parts:
        for index, row in enumerate(part.rows.tolist()):
            if isinstance(part, DensePart):
                times, values = part.timestamps, part.values[index]
            else:
                own = slice(int(part.offsets[index]), int(part.offsets[index + 1]))
                times, values = part.timestamps[own], part.values[own]
            assert (np.diff(times) > 0).all()
            assert not (values.view(np.uint64) == ABSENT_BITS).any()
            if not part.stale:
                assert not (values.view(np.uint64) == STALE_BITS).any()
            labels = label_set(selection.labels.labels(row))
            assert labels not in out
            out[labels] = {int(t): key(v) for t, v in zip(times.tolist(), values, strict=True)}
    return out


VALUES = st.one_of(
    st.integers(-5, 1000).map(float),
    st.sampled_from([0.25, 0.1, 12.34, math.inf, -math.inf, math.nan, -0.0, 1e300, STALE_NAN, ABSENT_NAN]),
    st.floats(allow_nan=False),
)


def series(number: int) -> LabelSet:
    return label_set({"__name__": f"m{number % 3}", "i": str(number), "odd": "yes" if number % 2 else ""})


class StorageModel(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="storage-model-"))
        self.clock = FixedClock()
        self.model: dict[LabelSet, dict[int, str]] = {}
        self.newest: dict[LabelSet, int] = {}
        self.open()

    def open(self) -> None:
        self.storage = Storage(
            self.folder, StorageOptions(block_ms=BLOCK_MS, max_ahead_ms=0, retention_ms=0), self.clock
        )
        self.storage.open()
        self.storage.maintenance.spill_samples = 40
        self.groups = [self.storage.open_group() for _ in range(2)]
        self.pages: list[list[LabelSet]] = [[], []]
        self.present: list[set[LabelSet]] = [set(), set()]
        self.vanished: list[set[LabelSet]] = [set(), set()]

    def put(self, labels: LabelSet, t: int, value: float) -> None:
        if int(np.float64(value).view(np.uint64)) != ABSENT_BITS:
            self.model.setdefault(labels, {})[t] = key(value)
            self.newest[labels] = t

    @rule(which=st.integers(0, 1), numbers=st.lists(st.integers(0, 11), unique=True, max_size=8))
    def reshape(self, which: int, numbers: list[int]) -> None:
        page = [series(number + 12 * which) for number in numbers]
        self.vanished[which] = (self.vanished[which] | set(self.pages[which])) - set(page)
        self.pages[which] = page
        self.groups[which].reshape(page)

    @rule(
        which=st.integers(0, 1),
        step=st.sampled_from([1, 1000, 15_000, 70_000]),
        count=st.integers(1, 40),
        data=st.data(),
    )
    def rows(self, which: int, step: int, count: int, data: st.DataObject) -> None:
        page = self.pages[which]
        values = np.array(data.draw(st.lists(VALUES, min_size=len(page), max_size=len(page))), np.float64)
        for number in range(count):
            self.clock.ms += step
            with np.errstate(all="ignore"):
                moving = np.where(np.arange(len(page)) % 2 == 0, values + number, values) if number else values
            moving = np.where(values.view(np.uint64) == ABSENT_BITS, values, moving)
            moving = np.where(values.view(np.uint64) == STALE_BITS, values, moving)
            report = self.groups[which].append_row(self.clock.ms, moving)
            assert report.out_of_order == report.duplicate == report.too_old == 0
            for labels, value in zip(page, moving, strict=True):
                self.put(labels, self.clock.ms, value)
            for labels in self.vanished[which]:
                if labels in self.present[which]:
                    self.put(labels, self.clock.ms, STALE_NAN)
            self.vanished[which] = set()
            bits = moving.view(np.uint64)
            self.present[which] = {
                labels
                for labels, value in zip(page, bits.tolist(), strict=True)
                if value not in (STALE_BITS, ABSENT_BITS)
            }

    @rule(numbers=st.lists(st.integers(24, 30), min_size=1, max_size=6), back=st.integers(0, 20_000), value=VALUES)
    def samples(self, numbers: list[int], back: int, value: float) -> None:
        if int(np.float64(value).view(np.uint64)) == ABSENT_BITS:
            return
        t = self.clock.ms - back
        labels = [series(number) for number in dict.fromkeys(numbers)]
        report = self.storage.append(labels, np.full(len(labels), t), np.full(len(labels), value))
        taken = 0
        for one in labels:
            if t > self.newest.get(one, -1) and t >= self.storage.head.oldest_in_order:
                self.put(one, t, value)
                taken += 1
        assert report.appended == taken

    @rule()
    def sync(self) -> None:
        self.storage.sync()

    @rule()
    def maintain(self) -> None:
        self.storage.maintain(self.clock.ms)

    @rule(clean=st.booleans())
    def restart(self, clean: bool) -> None:
        if clean:
            self.storage.close()
        else:
            self.storage.sync()
            self.storage.abandon()
        self.open()

    @rule()
    def clean(self) -> None:
        self.storage.clean_tombstones()

    @rule(number=st.integers(0, 30), back=st.integers(0, 200_000), length=st.integers(0, 100_000))
    def delete(self, number: int, back: int, length: int) -> None:
        low = self.clock.ms - back
        high = min(low + length, self.clock.ms)
        self.storage.delete_series([Matcher("i", MatchOp.EQUAL, str(number))], low, high)
        for t in [t for t in self.model.get(series(number), {}) if low <= t <= high]:
            del self.model[series(number)][t]

    @rule(back=st.integers(0, 300_000), length=st.integers(0, 300_000))
    def select_range(self, back: int, length: int) -> None:
        low = self.clock.ms - back
        self.compare(low, low + length)

    @rule()
    def select_everything(self) -> None:
        self.compare(0, 2**62)

    def compare(self, low: int, high: int) -> None:
        for matchers in ([], [Matcher("odd", MatchOp.EQUAL, "yes")], [Matcher("__name__", MatchOp.REGEX, "m[01]")]):
            expected = {
                labels: {t: v for t, v in samples.items() if low <= t <= high}
                for labels, samples in self.model.items()
                if all(matcher.matches(dict(labels)) for matcher in matchers)
            }
            expected = {labels: samples for labels, samples in expected.items() if samples}
            assert contents(self.storage.select(matchers, low, high)) == expected

    def teardown(self) -> None:
        if hasattr(self, "storage"):
            self.compare(0, 2**62)
            self.storage.close()
            shutil.rmtree(self.folder)


TestStorageModel = StorageModel.TestCase
TestStorageModel.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
