"""Expected and found samples, compared and printed as promtool does."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from collector.histogram import FloatHistogram
from collector.promql.result import QueryResult
from collector.ruletest.histogram_notation import histogram_notation
from pharos.labels import Labels, escape_value, is_legacy_label_name


@dataclass(frozen=True, slots=True)
class Shown:
    """A sample in comparable form: sorted labels, a value, or a histogram in series notation."""

    labels: tuple[tuple[str, str], ...]
    value: float = 0.0
    histogram: str = ""

    def __str__(self) -> str:
        return f"{labels_text(dict(self.labels))} {self.histogram or exponent(self.value)}"


def labels_text(labels: Labels) -> str:
    """`{a="b", c="d"}`, sorted, the metric name among them."""
    pairs = (
        f'{key if is_legacy_label_name(key) else quoted(key)}="{escape_value(labels[key])}"' for key in sorted(labels)
    )
    return "{" + ", ".join(pairs) + "}"


def quoted(text: str) -> str:
    return f'"{escape_value(text)}"'


def exponent(value: float) -> str:
    """Shortest digits with an exponent: `1E+00`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, power = Decimal(repr(float(value))).normalize().as_tuple()
    figures = "".join(map(str, digits))
    shift = len(digits) - 1 + int(power) if any(digits) else 0
    body = f"{figures[0]}.{figures[1:]}" if len(figures) > 1 else figures
    return f"{'-' if sign else ''}{body}E{'-' if shift < 0 else '+'}{abs(shift):02d}"


def shown_sample(labels: Labels, value: float, histogram: FloatHistogram | None) -> Shown:
    return Shown(
        tuple(sorted(labels.items())),
        0.0 if histogram is not None else value,
        histogram_notation(histogram) if histogram is not None else "",
    )


def found_samples(result: QueryResult) -> list[Shown]:
    """The elements of an instant query's answer; a scalar is one without labels. Raises `ValueError` for other answers."""
    if result.kind == "scalar":
        return [Shown((), float(result.values[0, 0]))]
    if result.kind != "vector":
        raise ValueError("rule result is not a vector or scalar")
    rows = [row for row in range(len(result)) if result.present[row, 0]]
    histograms = result.histograms
    return [
        shown_sample(
            result.labels.labels(row),
            float(result.values[row, 0]),
            None if histograms is None else histograms[row, 0],
        )
        for row in rows
    ]


def same(expected: Sequence[Shown], found: Sequence[Shown], *, fuzzy: bool) -> bool:
    """Whether both hold the same samples. Exact unless `fuzzy`, which forgives an error in the last digits."""
    if len(expected) != len(found):
        return False
    return all(_same_one(a, b, fuzzy=fuzzy) for a, b in zip(expected, found, strict=True))


def _same_one(expected: Shown, found: Shown, *, fuzzy: bool) -> bool:
    if expected.labels != found.labels or expected.histogram != found.histogram:
        return False
    a, b = expected.value, found.value
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    return fuzzy and abs(a - b) <= 1e-15 * max(abs(a), abs(b))


def listed(samples: Sequence[Shown]) -> str:
    """All samples in one line."""
    return ", ".join(str(sample) for sample in samples) if samples else "nil"
