"""OpenTelemetry names to Prometheus names, in the four ways of `otlp.translation_strategy`.

Source: "Prometheus and OpenMetrics compatibility" of the OpenTelemetry specification.
"""

import re
from typing import Final

from collector.config.remote import OtlpConfig

_UNITS: Final = {
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds",
    "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes", "TiBy": "tibibytes", "KBy": "kilobytes",
    "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes", "m": "meters", "V": "volts", "A": "amperes", "J": "joules",
    "W": "watts", "g": "grams", "Cel": "celsius", "Hz": "hertz", "1": "", "%": "percent",
}  # fmt: skip
_PER: Final = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}
_NOT_METRIC: Final = re.compile(r"[^a-zA-Z0-9:]+", re.ASCII)
_NOT_LABEL: Final = re.compile(r"[^a-zA-Z0-9_]", re.ASCII)


def metric_name(name: str, unit: str, config: OtlpConfig, *, counter: bool, gauge: bool) -> str:
    """The name a metric is stored under. `counter`: a monotonic sum."""
    escape = config.translation_strategy.startswith("Underscore")
    suffixes = config.translation_strategy.endswith("WithSuffixes")
    if not suffixes:
        return _escaped(name) if escape else name
    words = _suffixes(name, unit, counter=counter, gauge=gauge)
    if not escape:
        return "_".join([_without_total(name) if counter else name, *words])
    pieces = [piece for piece in _NOT_METRIC.split(name) if piece and not (counter and piece == "total")]
    pieces += [word for word in words if word == "total" or word not in pieces]
    joined = "_".join(pieces)
    return f"_{joined}" if joined[:1].isdigit() else joined


def _suffixes(name: str, unit: str, *, counter: bool, gauge: bool) -> list[str]:
    main, _, per = unit.partition("/")
    words = []
    if main and "{" not in main:
        known = _UNITS.get(main.strip(), _NOT_METRIC.sub("_", main.strip()).strip("_"))
        if known and not name.endswith(known):
            words.append(known)
    if per and "{" not in per:
        known = _PER.get(per.strip(), _NOT_METRIC.sub("_", per.strip()).strip("_"))
        if known and known not in name:
            words.append(f"per_{known}")
    if counter:
        words.append("total")
    if gauge and unit == "1" and not name.endswith("ratio"):
        words.append("ratio")
    return words


def _without_total(name: str) -> str:
    return name.removesuffix("_total")


def _escaped(name: str) -> str:
    clean = re.sub(r"[^a-zA-Z0-9_:]", "_", name, flags=re.ASCII)
    return f"_{clean}" if clean[:1].isdigit() else clean


def label_name(name: str, config: OtlpConfig) -> str:
    """The name an attribute is stored under."""
    if not config.translation_strategy.startswith("Underscore") or not name:
        return name
    clean = _NOT_LABEL.sub("_", name)
    if not config.label_name_preserve_multiple_underscores:
        clean = re.sub(r"_{2,}", "_", clean)
    if clean[0].isdigit():
        return f"key_{clean}"
    if clean.startswith("_") and not clean.startswith("__") and config.label_name_underscore_sanitization:
        return f"key{clean}"
    return clean
