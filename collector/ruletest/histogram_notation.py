"""A native histogram in the notation of rule unit tests: `{{schema:1 count:4 sum:6 offset:1 buckets:[1 3]}}`."""

from typing import Final

from collector.histogram import CUSTOM_BUCKETS_SCHEMA, CounterReset, FloatHistogram
from pharos.exposition import format_value

_HINTS: Final = {CounterReset.RESET: "reset", CounterReset.NOT_RESET: "not_reset", CounterReset.GAUGE: "gauge"}


def histogram_notation(histogram: FloatHistogram) -> str:
    """The text; buckets that are empty at both ends are left out, gaps between become zeros."""
    parts = [
        f"{name}:{format_value(float(value))}"
        for name, value in (
            ("schema", histogram.schema),
            ("count", histogram.count),
            ("sum", histogram.sum),
            ("z_bucket", histogram.zero_count),
            ("z_bucket_w", histogram.zero_threshold),
        )
        if value != 0
    ]
    if histogram.schema == CUSTOM_BUCKETS_SCHEMA:
        parts.append(f"custom_values:[{' '.join(format_value(value) for value in histogram.custom_values)}]")
    hint = _HINTS.get(histogram.counter_reset)
    if hint:
        parts.append(f"counter_reset_hint:{hint}")
    parts += _side("buckets", "offset", histogram.positive_spans, histogram.positive.tolist())
    parts += _side("n_buckets", "n_offset", histogram.negative_spans, histogram.negative.tolist())
    return "{{" + " ".join(parts) + "}}"


def _side(buckets: str, offset: str, spans: tuple[tuple[int, int], ...], counts: list[float]) -> list[str]:
    filled: dict[int, float] = {}
    index = position = 0
    for gap, length in spans:
        index += gap
        for _ in range(length):
            if counts[position] != 0:
                filled[index] = counts[position]
            index, position = index + 1, position + 1
    if not filled:
        return []
    first, last = min(filled), max(filled)
    shown = " ".join(format_value(filled.get(number, 0.0)) for number in range(first, last + 1))
    return ([f"{offset}:{first}"] if first else []) + [f"{buckets}:[{shown}]"]
