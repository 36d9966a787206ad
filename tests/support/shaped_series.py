"""Random series of odd shapes, the same for one seed: gaps, ends, resets, NaN, mixed samples, native histograms, names of all alphabets.

Values are whole numbers or quarters wherever they may be, so that sums are exact in whatever order they are made.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from collector.histogram import FloatHistogram
from collector.storage.interface import STALE_NAN
from pharos.labels import METRIC_NAME, Labels
from tests.support.shaped_histograms import native_samples

START_MS = 1_700_000_100_000
SPAN_MS = 45 * 60_000
SET_LABEL = "set"  # keeps data sets apart that live in one server

Sample = float | FloatHistogram
Samples = list[tuple[int, Sample]]

NAMES = (
    "requests_total", "temperature", "http.server.duration", "\u6e29\u5ea6", "queue depth", 'say "x"', "a:b:rate5m", "load", "le_count",
    "Stra\u00dfe_sum", "_x", "errors\\total",
)  # fmt: skip
LABELS = ("host", "code", "room", "a.b", "\u043a\u043b\u044e\u0447", "with space", "__odd")
VALUES = (
    "a", "b", "c", "200", "500", "0.5", "+Inf", "a|b", ".*", "", "line\nbreak", 'quo"te', "back\\slash", "\u65e5\u672c", "\U0001f600", "$1",
    "long" * 30, " ", "B", "a0",
)  # fmt: skip
INTERVALS_MS = (1_000, 5_000, 7_300, 15_000, 15_000, 30_000, 60_000, 60_000, 240_000)
BOUNDS = ("0.1", "0.5", "1", "2.5", "5", "1e1", "+Inf")
ODD_BOUNDS = ("", "much", "-1", "1.0", "Inf", "0x10")


@dataclass(frozen=True, slots=True)
class Series:
    labels: Labels
    samples: Samples


@dataclass(slots=True)
class DataSet:
    """Series, and the words expressions over them may use. kinds: what each metric name stands for."""

    number: int
    series: list[Series] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    label_values: dict[str, list[str]] = field(default_factory=dict)

    def add(self, labels: Labels, samples: Samples) -> None:
        labels = {**{name: value for name, value in labels.items() if value}, SET_LABEL: str(self.number)}
        if samples and all(labels != known.labels for known in self.series):
            self.series.append(Series(labels, samples))


def data_set(number: int) -> DataSet:
    """The data set of a number: three to six metrics of up to six series each, and the info metrics of their targets."""
    chance = random.Random(number)
    data = DataSet(number)
    for label in chance.sample(LABELS, chance.randint(1, 4)):
        data.label_values[label] = chance.sample(VALUES, chance.randint(2, 4))
    data.label_values["instance"] = [f"{number}-{name}" for name in "ab"]
    data.label_values["job"] = ["x", "y"][: chance.randint(1, 2)]
    for name in chance.sample(NAMES, chance.randint(3, 6)):
        kind = chance.choice(list(_METRICS))
        data.kinds[name] = kind
        _METRICS[kind](chance, data, name)
    _info_metrics(chance, data)
    return data


def _times(chance: random.Random) -> list[int]:
    """Ascending times: regular or not, with gaps, perhaps only a part of the hour."""
    interval = chance.choice(INTERVALS_MS)
    jitter = chance.choice((0, 0, 0, interval // 10, interval // 2))
    first = START_MS + chance.choice((0, 0, chance.randrange(SPAN_MS // 2)))
    last = START_MS + chance.choice((SPAN_MS, SPAN_MS, SPAN_MS * 2 // 3))
    times = {at + (chance.randint(0, jitter) if jitter else 0) for at in range(first, last, interval)}
    for _ in range(chance.choice((0, 0, 1, 3))):
        begin = chance.randrange(START_MS, START_MS + SPAN_MS)
        length = chance.choice((20_000, 120_000, 420_000))
        times = {at for at in times if not begin <= at < begin + length}
    return sorted(times)[:: 1 if interval > 1_000 else chance.choice((1, 3))]


def _with_ends(chance: random.Random, samples: Samples) -> Samples:
    """Some samples replaced by staleness markers."""
    share = chance.choice((0, 0, 0.02, 0.1))
    return [(at, float(STALE_NAN) if chance.random() < share else value) for at, value in samples]


def _gauge(chance: random.Random) -> Samples:
    kind = chance.randint(0, 4)
    level, step = chance.randint(-50, 50), chance.choice((0.25, 1, 3))
    odd = chance.choice((0, 0, 0.05))
    samples: Samples = []
    for at in _times(chance):
        level = level + chance.randint(-3, 3) if kind else level
        value = level * step if kind < 3 else chance.choice((0.0, 1.0)) if kind == 3 else level * 1e15
        if chance.random() < odd:
            value = chance.choice((math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1e300))
        samples.append((at, float(value)))
    return _with_ends(chance, samples)


def _counter(chance: random.Random) -> Samples:
    total, most = chance.choice((0, 0, 7, 2**20)), chance.choice((1, 10, 1000))
    reset = chance.choice((0, 0.01, 0.1))
    samples: Samples = []
    for at in _times(chance):
        total = chance.randint(0, 3) if chance.random() < reset else total + chance.randint(0, most)
        samples.append((at, float(total)))
    return _with_ends(chance, samples)


def _native(chance: random.Random) -> Samples:
    times = _times(chance)[: chance.choice((20, 60, 200))]
    return _with_ends(chance, list(zip(times, native_samples(chance, len(times)), strict=True)))


def _mixed(chance: random.Random) -> Samples:
    """Floats and native histograms in one series."""
    floats, share = dict(_counter(chance)), chance.choice((0.1, 0.5, 0.9))
    natives = native_samples(chance, len(floats))
    return [(at, h if chance.random() < share else floats[at]) for at, h in zip(sorted(floats), natives, strict=True)]


def _label_sets(chance: random.Random, data: DataSet, name: str, most: int = 6) -> list[Labels]:
    names = chance.sample(list(data.label_values), chance.randint(1, len(data.label_values)))
    sets = []
    for _ in range(chance.randint(1, most)):
        labels = {label: chance.choice(data.label_values[label]) for label in names if chance.random() < 0.9}
        sets.append({METRIC_NAME: name, **labels})
    return sets


def _plain(make: Callable[[random.Random], Samples]) -> Callable[[random.Random, DataSet, str], None]:
    def fill(chance: random.Random, data: DataSet, name: str) -> None:
        for labels in _label_sets(chance, data, name):
            data.add(labels, make(chance))

    return fill


def _classic(chance: random.Random, data: DataSet, name: str) -> None:
    """A classic histogram; its buckets may be scraped apart, miss, fall or have bounds that are none."""
    neat = chance.random() < 0.6
    for labels in _label_sets(chance, data, name, 3):
        times, bounds = _times(chance), list(BOUNDS)
        if not neat:
            bounds = chance.sample(bounds, chance.randint(1, len(bounds))) + chance.sample(ODD_BOUNDS, 1)
        counts = [0] * len(bounds)
        columns: list[Samples] = [[] for _ in bounds]
        for at in times:
            grown = 0
            for index in range(len(bounds)):
                grown += chance.randint(0, 3)
                counts[index] += grown if neat or chance.random() < 0.9 else -counts[index]
                if neat or chance.random() < 0.9:
                    columns[index].append((at, float(counts[index])))
        for bound, samples in zip(bounds, columns, strict=True):
            data.add({**labels, "le": bound}, samples)
        if chance.random() < 0.2:
            data.add(labels, _native(chance))


def _info_metrics(chance: random.Random, data: DataSet) -> None:
    for name in ("target_info", "build_info"):
        for instance in data.label_values["instance"]:
            for version in chance.sample(("1", "2", "3"), chance.choice((1, 1, 2))):
                labels = {"version": version, "a.b": chance.choice(("p", "q"))}
                where = {"instance": instance, "job": chance.choice(data.label_values["job"])}
                data.add({METRIC_NAME: name, **labels, **where}, [(at, 1.0) for at in _times(chance)])
        data.kinds[name] = "gauge"


_METRICS = {
    "gauge": _plain(_gauge),
    "counter": _plain(_counter),
    "native": _plain(_native),
    "mixed": _plain(_mixed),
    "classic": _classic,
}
