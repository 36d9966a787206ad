"""Metrics to one page of text, in as little time as a scrape deserves.

The text format 0.0.4 of Prometheus. Unlike `pharos.exposition.render` this remembers the texts that return at every scrape (HELP and
TYPE lines, label sets) and writes whole numbers as plain decimals, which every parser reads and which cost a tenth.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

from pharos.exposition import Metric
from pharos.labels import escape_value

_MAX_REMEMBERED: Final = 50_000


class PageWriter:
    """Renders pages and remembers their constant parts. Bounded: forgets everything when it has seen too many texts."""

    def __init__(self) -> None:
        self._heads: dict[tuple[str, str, str], str] = {}
        self._labels: dict[tuple[tuple[str, str], ...], str] = {}

    def render(self, metrics: Iterable[Metric]) -> bytes:
        """Families sorted by name; of families met twice the samples are joined and equal series are written once."""
        families: dict[str, Metric] = {}
        merged: set[str] = set()
        for metric in metrics:
            known = families.get(metric.name)
            if known is None:
                families[metric.name] = metric
            elif known is not metric:
                if metric.name not in merged:
                    merged.add(metric.name)
                    families[metric.name] = known = Metric(known.name, known.type, known.help, list(known.samples))
                known.samples.extend(metric.samples)
        out: list[str] = []
        for name in sorted(families):
            family = families[name]
            if name in merged:
                lines: list[str] = []
                self._family(family, lines)
                out += _once(lines)
            elif family.samples:
                self._family(family, out)
        return "".join(out).encode("utf-8", "replace")

    def _family(self, family: Metric, out: list[str]) -> None:
        name = family.name
        key = (name, family.type, family.help)
        head = self._heads.get(key)
        if head is None:
            head = self._remember_head(key)
        out.append(head)
        texts = self._labels
        for suffix, labels, value, stamp in family.samples:
            if labels:
                pairs = tuple(labels.items())
                text = texts.get(pairs)
                if text is None:
                    text = self._remember_labels(pairs)
            else:
                text = " "
            shown = repr(value) if type(value) is int or math.isfinite(value) else _odd(value)
            out.append(f"{name}{suffix}{text}{shown}\n" if stamp is None else f"{name}{suffix}{text}{shown} {stamp}\n")

    def _remember_head(self, key: tuple[str, str, str]) -> str:
        name, kind, text = key
        if len(self._heads) >= _MAX_REMEMBERED:
            self._heads.clear()
        shown = text.replace("\\", "\\\\").replace("\n", "\\n")
        head = self._heads[key] = f"# HELP {name} {shown}\n# TYPE {name} {kind}\n"
        return head

    def _remember_labels(self, pairs: tuple[tuple[str, str], ...]) -> str:
        if len(self._labels) >= _MAX_REMEMBERED:
            self._labels.clear()
        text = self._labels[pairs] = label_text(pairs)
        return text


def label_text(pairs: Iterable[tuple[str, str]]) -> str:
    """`{a="b",c="d"} `, with the blank that stands before the value."""
    return "{" + ",".join(f'{name}="{escape_value(value)}"' for name, value in pairs) + "} "


def _odd(value: float) -> str:
    return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")


def _once(lines: list[str]) -> list[str]:
    """The lines without those whose series stood before."""
    seen: dict[str, str] = {}
    for line in lines:
        series = line if line.startswith("#") else line.rsplit("} ", 1)[0] if "} " in line else line.split(" ", 1)[0]
        seen.setdefault(series, line)
    return list(seen.values())


def samples(metrics: Iterable[Metric]) -> dict[str, float]:
    """The series of some metrics as `name{labels}` and value: what tests and debugging want to see."""
    out: dict[str, float] = {}
    for metric in metrics:
        for suffix, labels, value, _ in metric.samples:
            out[f"{metric.name}{suffix}{_shown(labels)}"] = value
    return out


def _shown(labels: Mapping[str, str]) -> str:
    return label_text(labels.items())[:-1] if labels else ""
