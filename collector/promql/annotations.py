"""Warnings and infos of one query, each text once, with the last place in the query it was said about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from collector.promql.errors import Span
from collector.promql.parser.quoting import go_quote
from pharos.exposition import format_value

Level = Literal["warning", "info"]


@dataclass(frozen=True, slots=True)
class Monotonicity:
    """How classic buckets had to be repaired, over all samples of one metric."""

    min_ms: int
    max_ms: int
    min_bucket: float
    max_bucket: float
    max_diff: float
    count: int = 1

    def merged(self, other: "Monotonicity") -> "Monotonicity":
        return Monotonicity(
            min(self.min_ms, other.min_ms),
            max(self.max_ms, other.max_ms),
            min(self.min_bucket, other.min_bucket),
            max(self.max_bucket, other.max_bucket),
            max(self.max_diff, other.max_diff),
            self.count + other.count,
        )

    def __str__(self) -> str:
        first, last = (
            datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for ms in (self.min_ms, self.max_ms)
        )
        bounds = f"from buckets {format_value(self.min_bucket)} to {format_value(self.max_bucket)}"
        return f", {bounds}, with a max diff of {self.max_diff:.2g}, over {self.count} samples from {first} to {last}"


@dataclass(frozen=True, slots=True)
class Annotation:
    level: Level
    text: str
    span: Span
    repaired: Monotonicity | None = None


class Annotations:
    """Collected while a query runs."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[tuple[Level, str], Annotation] = {}

    def warn(self, text: str, span: Span) -> None:
        self._found["warning", text] = Annotation("warning", text, span)

    def info(self, text: str, span: Span) -> None:
        self._found["info", text] = Annotation("info", text, span)

    def repaired(self, text: str, span: Span, facts: Monotonicity) -> None:
        """Buckets that had to be made monotonic; facts of equal texts are put together."""
        known = self._found.get(("info", text))
        if known is not None and known.repaired is not None:
            self._found["info", text] = replace(known, repaired=known.repaired.merged(facts))
        else:
            self._found["info", text] = Annotation("info", text, span, facts)

    def texts(self, level: Level, query: str) -> tuple[str, ...]:
        """The texts of one level as users see them: `PromQL warning: ... (1:5)`."""
        return tuple(
            f"PromQL {level}: {found.text}{found.repaired or ''} ({found.span.line_column(query)})"
            for found in self._found.values()
            if found.level == level
        )


def for_metric(text: str, name: str) -> str:
    """`... for metric name "x"`, or just the text when the name is not known."""
    return f"{text} for metric name {go_quote(name)}" if name else text


def quoted_names(text: str, names: Iterable[str]) -> list[str]:
    """One text per metric name: `... "x"`."""
    return [f"{text} {go_quote(name)}" for name in names]
