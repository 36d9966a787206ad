"""Writing metrics in the Prometheus text format 0.0.4 (1.0.0 when a name needs quotes).

Exporters yield `Metric` values; `render` turns them into one page. Families keep the order in which they come, samples of the
same family are put together.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from pharos.labels import escape_value, is_legacy_label_name, is_legacy_metric_name

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
MetricType: TypeAlias = Literal["counter", "gauge", "histogram", "summary", "untyped"]


@dataclass(slots=True)
class Metric:
    """A family: name, type, help and samples `(suffix, labels, value, timestamp_ms or None)`."""

    name: str
    type: MetricType
    help: str
    samples: list[tuple[str, Mapping[str, str], float, int | None]] = field(default_factory=list)

    def add(
        self,
        value: float,
        labels: Mapping[str, str] | None = None,
        *,
        suffix: str = "",
        timestamp_ms: int | None = None,
    ) -> None:
        self.samples.append((suffix, labels or {}, value, timestamp_ms))


def gauge(name: str, help: str, value: float | None = None, labels: Mapping[str, str] | None = None) -> Metric:  # noqa: A002
    """A gauge family, with its first sample when a value is given."""
    return _family(name, "gauge", help, value, labels)


def counter(name: str, help: str, value: float | None = None, labels: Mapping[str, str] | None = None) -> Metric:  # noqa: A002
    """A counter family, with its first sample when a value is given."""
    return _family(name, "counter", help, value, labels)


def untyped(name: str, help: str, value: float | None = None, labels: Mapping[str, str] | None = None) -> Metric:  # noqa: A002
    """A family without a type, with its first sample when a value is given."""
    return _family(name, "untyped", help, value, labels)


def _family(name: str, kind: MetricType, text: str, value: float | None, labels: Mapping[str, str] | None) -> Metric:
    return Metric(name, kind, text, [] if value is None else [("", labels or {}, value, None)])


def render(metrics: Iterable[Metric]) -> bytes:
    """The page. Families of the same name are merged; the first one's help and type stay."""
    families: dict[str, Metric] = {}
    for metric in metrics:
        known = families.get(metric.name)
        if known is None:
            families[metric.name] = metric
        elif known is not metric:
            known.samples.extend(metric.samples)
    lines: list[str] = []
    for family in families.values():
        if family.samples:
            _render_family(family, lines)
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _render_family(family: Metric, lines: list[str]) -> None:
    legacy = is_legacy_metric_name(family.name)
    shown = family.name if legacy else f'"{escape_value(family.name)}"'
    lines.append(f"# HELP {shown} {family.help.replace(chr(92), chr(92) * 2).replace(chr(10), chr(92) + 'n')}")
    lines.append(f"# TYPE {shown} {family.type}")
    for suffix, labels, value, timestamp_ms in family.samples:
        pairs = [] if legacy else [f'"{escape_value(family.name + suffix)}"']
        for key, text in labels.items():
            quoted = key if is_legacy_label_name(key) else f'"{escape_value(key)}"'
            pairs.append(f'{quoted}="{escape_value(text)}"')
        head = family.name + suffix if legacy else ""
        braces = "{" + ",".join(pairs) + "}" if pairs else ""
        stamp = "" if timestamp_ms is None else f" {timestamp_ms}"
        lines.append(f"{head}{braces} {format_value(value)}{stamp}")


def format_value(value: float) -> str:
    """A float as Go's `strconv.FormatFloat(v, 'g', -1, 64)` prints it: `1e+06`, `0.1`, `+Inf`."""
    if isinstance(value, int) and -1_000_000 < value < 1_000_000:
        return str(value)
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if number == 0 or 1e-4 <= abs(number) < 1e6:
        return repr(number).removesuffix(".0")
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    figures = "".join(map(str, digits))
    tail = f".{figures[1:]}" if len(figures) > 1 else ""
    return f"{'-' if sign else ''}{figures[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):02d}"
