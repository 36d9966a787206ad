"""Reading the text format 0.0.4: what other programs leave in textfile folders.

Small and strict rather than quick: such files are parsed once and kept until they change.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from pharos.exposition import Metric, MetricType

_SAMPLE: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\})?\s*(\S+)(?:\s+(-?\d+))?\s*$", re.ASCII)
_LABEL: Final = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\["\\n])*)"\s*(,|$)', re.ASCII)
_COMMENT: Final = re.compile(r"#[ \t]+(HELP|TYPE)[ \t]+(\S+)(?:[ \t]+(.*))?$")
_SUFFIXES: Final = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
_UNESCAPE: Final = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


class FormatError(ValueError):
    """Text that is no exposition; says the line and why."""


@dataclass(slots=True)
class TextPage:
    """Families in file order; `helped` names those that brought a HELP line."""

    families: dict[str, Metric] = field(default_factory=dict)
    helped: set[str] = field(default_factory=set)


def parse(text: str) -> TextPage:
    """The families of a page. Raises `FormatError`."""
    page = TextPage()
    if text and not text.endswith("\n"):
        raise FormatError("the last line does not end with a newline")
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        try:
            if stripped.startswith("#"):
                _comment(page, stripped)
            elif stripped:
                _sample(page, stripped)
        except ValueError as error:
            raise FormatError(f"line {number}: {error}") from error
    for family in page.families.values():
        _fill_labels(family)
    return page


def _comment(page: TextPage, line: str) -> None:
    match = _COMMENT.match(line)
    if match is None:
        return
    kind, name, rest = match[1], match[2], match[3] or ""
    family = _family(page, name)
    if kind == "HELP":
        if name in page.helped:
            raise ValueError(f"second HELP line for metric name {name!r}")
        page.helped.add(name)
        family.help = re.sub(r"\\[\\n]", lambda found: _UNESCAPE[found[0]], rest)
        return
    if family.samples:
        raise ValueError(f"TYPE of {name!r} stands after its samples")
    if rest not in ("counter", "gauge", "histogram", "summary", "untyped"):
        raise ValueError(f"unknown metric type {rest!r}")
    family.type = _metric_type(rest)


def _metric_type(text: str) -> MetricType:
    kinds: tuple[MetricType, ...] = ("counter", "gauge", "histogram", "summary", "untyped")
    return next(kind for kind in kinds if kind == text)


def _sample(page: TextPage, line: str) -> None:
    match = _SAMPLE.match(line)
    if match is None:
        raise ValueError(f"expected a sample, found {line[:60]!r}")
    if match[4] is not None:
        raise ValueError("timestamps are not supported here")
    name, labels = match[1], _labels(match[2] or "")
    try:
        value = float(match[3])
    except ValueError as error:
        raise ValueError(f"expected a number as value, found {match[3]!r}") from error
    family, suffix = _home(page, name)
    family.add(value, labels, suffix=suffix)


def _labels(text: str) -> dict[str, str]:
    out: dict[str, str] = {}
    at = 0
    while at < len(text.rstrip()):
        match = _LABEL.match(text, at)
        if match is None:
            raise ValueError(f"bad labels {text[at : at + 60]!r}")
        if match[1] in out:
            raise ValueError(f"duplicate label name {match[1]!r}")
        out[match[1]] = re.sub(r'\\["\\n]', lambda found: _UNESCAPE[found[0]], match[2])
        at = match.end()
    return out


def _home(page: TextPage, name: str) -> tuple[Metric, str]:
    """The family a sample belongs to, and the suffix of its name."""
    for kind, suffixes in _SUFFIXES.items():
        for suffix in suffixes:
            if name.endswith(suffix):
                parent = page.families.get(name.removesuffix(suffix))
                if parent is not None and parent.type == kind:
                    return parent, suffix
    return _family(page, name), ""


def _family(page: TextPage, name: str) -> Metric:
    return page.families.setdefault(name, Metric(name, "untyped", ""))


def _fill_labels(family: Metric) -> None:
    """All samples of a family get the same label names, empty where they have none."""
    names = dict.fromkeys(
        name for _, labels, _, _ in family.samples for name in labels if name not in ("le", "quantile")
    )
    family.samples = [
        (suffix, {**dict.fromkeys(names, ""), **labels}, value, stamp)
        for suffix, labels, value, stamp in family.samples
    ]
