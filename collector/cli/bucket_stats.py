"""How many buckets of histograms are in use, classic and native: `pharos query analyze`."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from collector.ruletest.samples import labels_text
from pharos.labels import METRIC_NAME, Labels, escape_value

_HEAD: Final = (
    "Bucket stats for each histogram series over time",
    "------------------------------------------------",
    "First the min, avg, and max number of populated buckets, followed by the total",
    "number of buckets (only if different from the max number of populated buckets",
    "which is typical for classic but not native histograms).",
    "",
)
_FOOT: Final = (
    "",
    "Aggregated bucket stats",
    "-----------------------",
    "Each line shows min/avg/max over the series above.",
)


@dataclass(frozen=True, slots=True)
class _Stats:
    """One histogram: populated buckets at each time, and how many buckets there are."""

    name: str
    counts: list[int]
    total: int

    @property
    def mean(self) -> float:
        return sum(self.counts) / len(self.counts)

    def __str__(self) -> str:
        shown = f"- {self.name}: {min(self.counts)}/{self.mean:.3f}/{max(self.counts)}"
        return shown + (f"/{self.total}" if self.total != max(self.counts) else "")


def analyze(series: list[Labels], samples: Callable[[str], Any]) -> list[str]:
    """Lines of the report. `samples(selector)` gives the samples of one metric over the time looked at."""
    classic: list[_Stats] = []
    native: list[_Stats] = []
    for name in dict.fromkeys(labels[METRIC_NAME] for labels in series):
        data = samples(f'{{__name__="{escape_value(name)}"}}')
        if name.endswith("_bucket"):
            classic += _classic(name, data["result"], series)
        else:
            native += _native(data["result"], series)
    return [
        *_HEAD,
        *map(str, native + classic),
        *_FOOT,
        *_aggregated("Native", native),
        *_aggregated("Classic", classic),
    ]


def _aggregated(kind: str, stats: list[_Stats]) -> list[str]:
    if not stats:
        return []
    total = _spread([one.total for one in stats])
    most = _spread([max(one.counts) for one in stats])
    return [
        "",
        f"{kind} histogram series ({len(stats)} in total):",
        f"- min populated: {_spread([min(one.counts) for one in stats])}",
        f"- avg populated: {_spread([int(one.mean) for one in stats])}",
        f"- max populated: {most}",
        *([f"- total: {total}"] if total != most else []),
    ]


def _spread(numbers: list[int]) -> str:
    return f"{min(numbers)}/{sum(numbers) / len(numbers):.3f}/{max(numbers)}"


def _classic(name: str, result: list[dict[str, Any]], wanted: list[Labels]) -> list[_Stats]:
    chosen = {tuple(sorted(_without_le(labels).items())) for labels in wanted}
    groups: dict[tuple[tuple[str, str], ...], list[dict[str, Any]]] = {}
    for row in result:
        key = tuple(sorted(_without_le(row["metric"]).items()))
        if key in chosen:
            groups.setdefault(key, []).append(row)
    out = []
    for key, rows in groups.items():
        ordered = sorted(rows, key=lambda row: float(row["metric"].get("le", "nan")))
        counts = _populated_classic([dict(map(tuple, row.get("values", []))) for row in ordered])
        labels = dict(key)
        labels.pop(METRIC_NAME, None)
        if counts:
            out.append(_Stats(f"{name}{labels_text(labels)} (classic)", counts, len(ordered)))
    return out


def _populated_classic(buckets: list[dict[Any, Any]]) -> list[int]:
    """Buckets with a count of their own, at each time all buckets have."""
    times = set.intersection(*(set(bucket) for bucket in buckets)) if buckets else set()
    out = []
    for when in sorted(times):
        values = [float(bucket[when]) for bucket in buckets]
        own = [values[0], *(high - low for low, high in itertools.pairwise(values))]
        out.append(sum(1 for value in own if value > 0))
    return out


def _native(result: list[dict[str, Any]], wanted: list[Labels]) -> list[_Stats]:
    out = []
    for row in result:
        counts = [
            sum(1 for bucket in value.get("buckets", []) if float(bucket[3]) > 0)
            for _, value in row.get("histograms", [])
        ]
        if counts and row["metric"] in wanted:
            labels = dict(row["metric"])
            name = labels.pop(METRIC_NAME, "")
            out.append(_Stats(f"{name}{labels_text(labels)} (native)", counts, max(counts)))
    return out


def _without_le(labels: Labels) -> Labels:
    return {key: value for key, value in labels.items() if key != "le"}
