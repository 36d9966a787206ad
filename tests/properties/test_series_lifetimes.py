"""Series that come, go and come back, against a dictionary: whatever is released meanwhile, every answer is the same, also after a kill.

Labels are made from a generation number, so that most series that vanish never come back; some do, with the number they had before or
another one. PHAROS_CHURN_EXAMPLES: how many histories (30).
"""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from collector.remote.sender.tail import LogTail
from collector.storage.interface import STALE_NAN
from collector.storage.options import StorageOptions
from collector.storage.storage import Storage
from pharos.labels import LabelSet, label_set
from pharos.matchers import Matcher, MatchOp
from tests.properties.test_storage_model import BLOCK_MS, FixedClock, contents, key

EXAMPLES = int(os.environ.get("PHAROS_CHURN_EXAMPLES", "30"))
Model = dict[LabelSet, dict[int, str]]


def pod(number: int, metric: int) -> LabelSet:
    return label_set({"__name__": f"m{metric}", "pod": f"pod-{number}", "zone": f"z{number % 3}"})


def without_markers(samples: Model) -> Model:
    """Without staleness markers: of a series that vanished just before a restart one may be missing after it."""
    kept = {labels: {t: v for t, v in own.items() if v != "stale"} for labels, own in samples.items()}
    return {labels: own for labels, own in kept.items() if own}


class SeriesLifetimes(RuleBasedStateMachine):
    @initialize(window=st.sampled_from([0, 0, 100_000]), sends=st.booleans())
    def begin(self, window: int, sends: bool) -> None:
        self.sends = sends
        self.restarted = False
        self.folder = Path(tempfile.mkdtemp(prefix="series-lifetimes-"))
        self.clock = FixedClock()
        self.window = window
        self.model: Model = {}
        self.newest: dict[LabelSet, int] = {}
        self.pods = 0
        self.sent: Model = {}
        self.open()
        self.tail = LogTail(self.folder / "wal")
        self.tail.start_at_end()

    def open(self) -> None:
        options = StorageOptions(
            block_ms=BLOCK_MS, max_ahead_ms=0, retention_ms=0, out_of_order_window_ms=self.window, max_exemplars=3
        )
        self.storage = Storage(self.folder, options, self.clock)
        self.storage.open()
        if self.sends:
            self.storage.maintenance.log_wanted_from = lambda: self.tail.position.segment
        self.groups = [self.storage.open_group() for _ in range(2)]
        self.pages: list[list[LabelSet]] = [[], []]
        self.shown: list[set[LabelSet]] = [set(), set()]  # in the last row
        self.waiting: list[set[LabelSet]] = [set(), set()]  # for a staleness marker
        self.names: dict[int, LabelSet] = {}
        self.releases = 0

    def put(self, labels: LabelSet, t: int, value: float) -> None:
        self.model.setdefault(labels, {})[t] = key(value)
        self.newest[labels] = max(t, self.newest.get(labels, 0))

    @rule(which=st.integers(0, 1), old=st.integers(0, 30), width=st.integers(1, 4), back=st.booleans())
    def next_pod(self, which: int, old: int, width: int, back: bool) -> None:
        """The target shows another pod: a new one, or one that was there before."""
        number = old if back and old < self.pods else self.pods
        self.pods = max(self.pods, number + 1)
        page = [pod(2 * number + which, metric) for metric in range(width)]
        self.waiting[which] = (self.waiting[which] | (set(self.pages[which]) & self.shown[which])) - set(page)
        self.pages[which] = page
        self.groups[which].reshape(page)

    @rule(which=st.integers(0, 1))
    def next_target(self, which: int) -> None:
        """The target goes and another one takes its place."""
        self.clock.ms += 1000
        self.groups[which].close(self.clock.ms)
        for labels in (*self.pages[which], *self.waiting[which]) if self.pages[which] else ():
            self.put(labels, self.clock.ms, STALE_NAN)
        self.groups[which] = self.storage.open_group()
        self.pages[which], self.waiting[which], self.shown[which] = [], set(), set()

    @rule(which=st.integers(0, 1), step=st.sampled_from([1000, 15_000, 40_000, 90_000]), count=st.integers(1, 6))
    def rows(self, which: int, step: int, count: int) -> None:
        page = self.pages[which]
        for _ in range(count if page else 0):
            self.clock.ms += step
            values = np.arange(len(page)) + self.clock.ms % 1009 / 8
            assert self.groups[which].append_row(self.clock.ms, values).appended >= len(page)
            for labels, value in zip(page, values.tolist(), strict=True):
                self.put(labels, self.clock.ms, value)
            for labels in self.waiting[which]:
                self.put(labels, self.clock.ms, STALE_NAN)
            self.waiting[which], self.shown[which] = set(), set(page)

    @rule(rounds=st.integers(2, 8), old=st.integers(0, 20), data=st.data())
    def a_while(self, rounds: int, old: int, data: st.DataObject) -> None:
        """Pods change as time goes by, and blocks are cut."""
        for number in range(rounds):
            self.next_pod(which=number % 2, old=old, width=1 + number % 4, back=number % 3 == 2)
            if number % 3 == 0:
                self.next_target(which=1 - number % 2)
            for which in (0, 1):
                self.rows(which=which, step=data.draw(st.sampled_from([5000, 20_000])), count=2)
            if self.sends:
                self.send()
            self.maintain(times=1)

    @rule(number=st.integers(0, 60), value=st.floats(allow_nan=False))
    def sample(self, number: int, value: float) -> None:
        """A sample of a series that no target has, as rules and remote write bring them; the same series again after a long time."""
        labels = label_set({"__name__": "own", "i": str(number)})
        t = self.clock.ms
        taken = self.storage.append([labels], np.array([t]), np.array([value])).appended
        if taken and t > self.newest.get(labels, -1):
            self.put(labels, t, value)

    @rule(number=st.integers(0, 8))
    def exemplar(self, number: int) -> None:
        labels = pod(number, 0)
        self.storage.append_exemplars([labels], [((("trace", str(number)),), float(number), self.clock.ms)])

    @rule(step=st.sampled_from([10_000, 200_000]))
    def pass_time(self, step: int) -> None:
        self.clock.ms += step

    @rule(times=st.integers(1, 3))
    def maintain(self, times: int) -> None:
        for _ in range(times):
            assert self.storage.maintain(self.clock.ms)

    @rule()
    def cut(self) -> None:
        """A segment of the log is full."""
        assert self.storage.head.wal is not None
        self.storage.head.segment = self.storage.head.wal.cut()

    @rule(clean=st.booleans())
    def restart(self, clean: bool) -> None:
        self.send()
        self.restarted = True
        if clean:
            self.storage.close()
        else:
            self.storage.sync()
            self.storage.abandon()
        self.open()

    @rule()
    def send(self) -> None:
        """What remote write would send until now. Names are remembered as it remembers them."""
        if not self.sends:
            return
        self.storage.sync()
        while (batch := self.tail.read(1000)).count:
            if self.storage.releases != self.releases:
                self.names, self.releases = {}, self.storage.releases
            for sid, t, value in zip(*(column.tolist() for column in batch.columns()), strict=True):
                labels = self.names.setdefault(sid, label_set(self.storage.labels_of(sid)))
                if self.is_value(value):
                    self.sent.setdefault(labels, {})[t] = key(value)
        for labels, samples in self.sent.items():
            assert samples.items() <= self.model[labels].items()

    @staticmethod
    def is_value(value: float) -> bool:
        """Not a staleness marker: remote write sends those also for series that were announced and never had a sample."""
        return key(value) != "stale"

    @rule(back=st.integers(0, 600_000), length=st.integers(0, 300_000))
    def select_range(self, back: int, length: int) -> None:
        self.compare(self.clock.ms - back, self.clock.ms - back + length)

    @rule()
    def select_everything(self) -> None:
        self.compare(0, 2**62)

    def compare(self, low: int, high: int) -> None:
        for matchers in ([], [Matcher("zone", MatchOp.EQUAL, "z1")], [Matcher("pod", MatchOp.REGEX, ".*[05]")]):
            expected = {
                labels: {t: v for t, v in samples.items() if low <= t <= high}
                for labels, samples in self.model.items()
                if all(matcher.matches(dict(labels)) for matcher in matchers)
            }
            expected = {labels: samples for labels, samples in expected.items() if samples}
            found = contents(self.storage.select(matchers, low, high))
            if self.restarted:
                found, expected = without_markers(found), without_markers(expected)
            for labels in expected.keys() | found.keys():
                assert found.get(labels) == expected.get(labels), labels
            shown = [label_set(labels) for labels in self.storage.series(matchers, low, high)]
            assert len(shown) == len(set(shown))
            assert set(shown) >= set(expected)

    @invariant()
    def exemplars_keep_their_series(self) -> None:
        if hasattr(self, "storage"):
            for labels, found in self.storage.exemplars([[]], 0, 2**62):
                assert {one.labels for one in found} <= {(("trace", labels["pod"].removeprefix("pod-")),)}

    @invariant()
    def nothing_dead_stays_for_ever(self) -> None:
        if hasattr(self, "storage"):
            head = self.storage.head
            assert head.series_count <= self.storage.table.used
            stats = self.storage.stats()
            assert stats.num_series == head.series_count

    def teardown(self) -> None:
        if hasattr(self, "storage"):
            self.send()
            self.compare(0, 2**62)
            self.storage.close()
            shutil.rmtree(self.folder)


TestSeriesLifetimes = SeriesLifetimes.TestCase
TestSeriesLifetimes.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
