"""How many buckets of histograms are in use, classic and native: `pharos query analyze`."""

import itertools
from collections.abc import Callable
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


def analyze(series: list[Labels], samples: Callable[[str], Any]) -> list[str]:
    """Lines of the report. `samples(selector)` gives the samples of one metric over the time looked at."""
    lines: list[str] = []
    for name in dict.fromkeys(labels[METRIC_NAME] for labels in series):
        data = samples(f'{{__name__="{escape_value(name)}"}}')
        if name.endswith("_bucket"):
            lines += _classic(name, data["result"], series)
        else:
            lines += _native(data["result"], series)
    return [*_HEAD, *lines] if lines else []


def _classic(name: str, result: list[dict[str, Any]], wanted: list[Labels]) -> list[str]:
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
        out.append(_line(f"{name}{labels_text(labels)} (classic)", counts, len(ordered)))
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


def _native(result: list[dict[str, Any]], wanted: list[Labels]) -> list[str]:
    out = []
    for row in result:
        counts = [
            sum(1 for bucket in value.get("buckets", []) if float(bucket[3]) > 0)
            for _, value in row.get("histograms", [])
        ]
        if counts and row["metric"] in wanted:
            labels = dict(row["metric"])
            name = labels.pop(METRIC_NAME, "")
            out.append(_line(f"{name}{labels_text(labels)} (native)", counts, max(counts)))
    return out


def _line(name: str, counts: list[int], total: int) -> str:
    if not counts:
        return f"- {name}: no samples"
    shown = f"{min(counts)}/{sum(counts) / len(counts):.3f}/{max(counts)}"
    return f"- {name}: {shown}" + (f"/{total}" if total != max(counts) else "")


def _without_le(labels: Labels) -> Labels:
    return {key: value for key, value in labels.items() if key != "le"}
