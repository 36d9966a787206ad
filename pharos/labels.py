"""Labels: names and values that identify a series, an alert or a target.

At the edges labels are a `dict[str, str]`; a `LabelSet` (sorted pairs) is the hashable form. An empty value means absent.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

Labels: TypeAlias = dict[str, str]
LabelSet: TypeAlias = tuple[tuple[str, str], ...]

METRIC_NAME: Final = "__name__"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LEGACY_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_LEGACY_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def label_set(labels: Mapping[str, str] | Iterable[tuple[str, str]]) -> LabelSet:
    """Sorted pairs without empty values: the identity of a series."""
    pairs = labels.items() if isinstance(labels, Mapping) else labels
    return tuple(sorted((name, value) for name, value in pairs if value))


def is_legacy_label_name(name: str) -> bool:
    """Whether a label name needs no quotes."""
    return _LEGACY_LABEL.fullmatch(name) is not None


def is_legacy_metric_name(name: str) -> bool:
    """Whether a metric name needs no quotes."""
    return _LEGACY_METRIC.fullmatch(name) is not None


def is_valid_utf8_name(name: str) -> bool:
    """Prometheus 3 takes any non-empty UTF-8 text as a name (lone surrogates are what bad UTF-8 decodes to)."""
    return bool(name) and (name.isascii() or _LONE_SURROGATE.search(name) is None)


def escape_value(value: str) -> str:
    """A label value as it stands between double quotes in the exposition format."""
    return value.translate(_ESCAPES) if ("\\" in value or '"' in value or "\n" in value) else value


def format_labels(labels: Mapping[str, str]) -> str:
    """`name{a="b"}` as Prometheus prints a metric; names outside the legacy set are quoted."""
    name = labels.get(METRIC_NAME, "")
    quoted_name = name != "" and not is_legacy_metric_name(name)
    pairs = [f'"{escape_value(name)}"'] if quoted_name else []
    for key in sorted(labels):
        if key != METRIC_NAME:
            shown = key if is_legacy_label_name(key) else f'"{escape_value(key)}"'
            pairs.append(f'{shown}="{escape_value(labels[key])}"')
    head = "" if quoted_name else name
    return f"{head}{{{', '.join(pairs)}}}" if pairs or not head else head
