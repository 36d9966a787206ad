"""Good manners of metric names, as `promtool check metrics` judges them. Source: Prometheus's documentation on metric naming."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from collector.scrape.formats import parsers
from collector.scrape.page import Page, ParseOptions
from pharos.labels import METRIC_NAME

_BASE_UNITS: Final = (
    "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "moles", "seconds", "volts",
)  # fmt: skip
_PREFIXES: Final = (
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mebi", "giga", "gibi",
    "tera", "tebi", "peta", "pebi",
)  # fmt: skip
_OTHER_UNITS: Final = {"minutes": "seconds", "hours": "seconds", "days": "seconds", "weeks": "seconds"}
_ABBREVIATIONS: Final = ("s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d")
_SCALED: Final = {f"{prefix}{unit}": unit for unit in _BASE_UNITS for prefix in _PREFIXES} | _OTHER_UNITS
_CAMEL: Final = re.compile(r"[a-z][A-Z]")
_PARTS: Final = ("_bucket", "_sum", "_count")


@dataclass(slots=True)
class Family:
    """A metric family of a page."""

    name: str
    type: str
    help: str
    label_sets: list[dict[str, str]] = field(default_factory=list)
    suffixes: list[str] = field(default_factory=list)


def families(body: bytes) -> list[Family]:
    """The families of a page in the text format. Raises `ScrapeError`."""
    page: Page = parsers["PrometheusText0.0.4"].factory(body, ParseOptions()).whole()
    found = {name: Family(name, about.type, about.help) for name, about in page.metadata.items()}
    for index in range(len(page.values)):
        labels = dict(page.labels(index))
        name = labels.pop(METRIC_NAME)
        family = found.setdefault(*_family_of(name, found))
        family.label_sets.append(labels)
        family.suffixes.append(name[len(family.name) :])
    return [family for family in found.values() if family.label_sets]


def _family_of(name: str, found: dict[str, Family]) -> tuple[str, Family]:
    for suffix in _PARTS:
        base = name.removesuffix(suffix)
        if base != name and base in found and found[base].type in ("histogram", "summary"):
            return base, found[base]
    return name, Family(name, "untyped", "")


def lint(found: Iterable[Family]) -> list[str]:
    """What is wrong, one line each, sorted."""
    return sorted(f"{family.name} {text}" for family in found for text in _problems(family))


def _problems(family: Family) -> Iterator[str]:
    name, kind = family.name, family.type
    if not family.help:
        yield "no help text"
    words = name.split("_")
    for word in () if set(words) & set(_BASE_UNITS) else words:
        if word in _SCALED:
            yield f'use base unit "{_SCALED[word]}" instead of "{word}"'
            break
    if kind == "counter" and not name.endswith("_total"):
        yield 'counter metrics should have "_total" suffix'
    if kind not in ("counter", "untyped", "unknown") and name.endswith("_total"):
        yield 'non-counter metrics should not have "_total" suffix'
    if kind in ("counter", "gauge", "histogram", "summary"):
        yield from _foreign_suffixes(family)
        if kind in name.lower().split("_"):
            yield f"metric name should not include type '{kind}'"
    if ":" in name:
        yield "metric names should not contain ':'"
    if _CAMEL.search(name):
        yield "metric names should be written in 'snake_case' not 'camelCase'"
    if any(_CAMEL.search(label) for labels in family.label_sets for label in labels):
        yield "label names should be written in 'snake_case' not 'camelCase'"
    lowered = name.lower()
    for short in _ABBREVIATIONS:
        if f"_{short}_" in lowered or lowered.endswith(f"_{short}"):
            yield "metric names should not contain abbreviated units"
    if _repeated(family):
        yield "metric not unique"


def _foreign_suffixes(family: Family) -> Iterator[str]:
    name, kind = family.name, family.type
    names = {label for labels in family.label_sets for label in labels}
    if kind != "histogram":
        if name.endswith("_bucket"):
            yield 'non-histogram metrics should not have "_bucket" suffix'
        if "le" in names:
            yield 'non-histogram metrics should not have "le" label'
    if kind != "summary" and "quantile" in names:
        yield 'non-summary metrics should not have "quantile" label'
    if kind not in ("histogram", "summary"):
        for suffix in ("_count", "_sum"):
            if name.endswith(suffix):
                yield f'non-histogram and non-summary metrics should not have "{suffix}" suffix'


def _repeated(family: Family) -> bool:
    seen = set()
    for suffix, labels in zip(family.suffixes, family.label_sets, strict=True):
        key = (suffix, tuple(sorted(labels.items())))
        if key in seen:
            return True
        seen.add(key)
    return False


def cardinality(found: Iterable[Family]) -> list[str]:
    """A table of how many series each metric has, most first."""
    rows = sorted(((len(family.label_sets), family.name) for family in found), key=lambda row: (-row[0], row[1]))
    total = sum(count for count, _ in rows)
    cells = [("Metric", "Cardinality", "Percentage")]
    cells += [(name, str(count), f"{count / total * 100:.2f}%") for count, name in rows]
    cells.append(("Total", str(total), "100%"))
    widths = [max(map(len, column)) + 4 for column in zip(*cells, strict=True)]
    return ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
