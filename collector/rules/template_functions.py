"""The template functions of Prometheus: those that need a query, the time or the server's address, and the number formats.

Source: the template reference of the Prometheus documentation.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import quote_plus, urlsplit

from collector.rules.samples import Sample
from pharos.durations import parse_duration_ms
from pharos.gotemplate.functions import COMMON, to_float
from pharos.gotemplate.gofmt import sprintf
from pharos.gotemplate.gotime import GoDuration, GoTime
from pharos.gotemplate.values import ValueProblem


@dataclass(frozen=True, slots=True)
class Row:
    """A sample that `query` gives."""

    Labels: Mapping[str, str]
    Value: float
    go_type: ClassVar[str] = "*template.sample"


def _finite(value: float) -> bool:
    return not math.isnan(value) and not math.isinf(value)


def humanize(value: Any) -> str:
    """A number with a metric prefix: `1.235k`, `12.3m`."""
    number = to_float(value)
    if number == 0 or not _finite(number):
        return sprintf("%.4g", number)
    prefix = ""
    if abs(number) >= 1:
        for candidate in "kMGTPEZY":
            if abs(number) < 1000:
                break
            prefix, number = candidate, number / 1000
    else:
        for candidate in "munpfazy":
            if abs(number) >= 1:
                break
            prefix, number = candidate, number * 1000
    return sprintf("%.4g%s", number, prefix)


def humanize_1024(value: Any) -> str:
    """A number with a binary prefix: `1.5Mi`."""
    number = to_float(value)
    if abs(number) <= 1 or not _finite(number):
        return sprintf("%.4g", number)
    prefix = ""
    for candidate in ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"):
        if abs(number) < 1024:
            break
        prefix, number = candidate, number / 1024
    return sprintf("%.4g%s", number, prefix)


def humanize_percentage(value: Any) -> str:
    """A ratio as a percentage: `12.35%`."""
    return sprintf("%.4g%%", to_float(value) * 100)


def humanize_timestamp(value: Any) -> str:
    """Seconds since 1970 as a date."""
    number = to_float(value)
    return str(to_time(number)) if _finite(number) else sprintf("%.4g", number)


def to_time(value: Any) -> GoTime:
    """Seconds since 1970 as a time. Raises `ValueProblem`."""
    number = to_float(value)
    try:
        return GoTime.at(number)
    except (ValueError, OverflowError):
        raise ValueProblem(
            f"{number} cannot be represented as a nanoseconds timestamp since it overflows int64"
        ) from None


def _to_duration(value: Any) -> GoDuration:
    return GoDuration.of(to_float(value))


def _parse_duration(text: str) -> float:
    return parse_duration_ms(text) / 1000


def strip_port(address: str) -> str:
    """The host of `host:port`; texts without a port stay."""
    host, colon, port = address.rpartition(":")
    if not colon or (":" in host and not (host.startswith("[") and host.endswith("]"))) or not port.isdigit():
        return address
    return host.strip("[]")


def strip_domain(address: str) -> str:
    """The host without its domain, and the port if there was one. IP addresses stay."""
    host, colon, port = address.rpartition(":")
    if not colon or ":" in host:
        host, port = address, ""
    if host.replace(".", "").isdigit() or ":" in host:
        return address
    first = host.split(".", 1)[0]
    return f"{first}:{port}" if port else first


def _first(rows: Sequence[Any]) -> Any:
    if not rows:
        raise ValueProblem("first() called on vector with no elements")
    return rows[0]


def _label(name: str, row: Row) -> str:
    return str(row.Labels.get(name, ""))


def _sort_by_label(name: str, rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row.Labels.get(name, "")))


def graph_link(expr: str) -> str:
    """The path of the graph page for an expression."""
    return f"/graph?g0.expr={quote_plus(expr)}&g0.tab=0"


def table_link(expr: str) -> str:
    """The path of the table page for an expression."""
    return f"/graph?g0.expr={quote_plus(expr)}&g0.tab=1"


def _url_query_escape(text: str) -> str:
    return quote_plus(text, safe="-_.~")


STATIC: Final[dict[str, Callable[..., Any]]] = {
    **COMMON,
    "first": _first,
    "label": _label,
    "value": lambda row: row.Value,
    "strvalue": lambda row: row.Labels.get("__value__", ""),
    "sortByLabel": _sort_by_label,
    "humanize": humanize,
    "humanize1024": humanize_1024,
    "humanizePercentage": humanize_percentage,
    "humanizeTimestamp": humanize_timestamp,
    "toTime": to_time,
    "toDuration": _to_duration,
    "parseDuration": _parse_duration,
    "stripPort": strip_port,
    "stripDomain": strip_domain,
    "graphLink": graph_link,
    "tableLink": table_link,
    "urlQueryEscape": _url_query_escape,
    "args": lambda *values: {f"arg{index}": value for index, value in enumerate(values)},
}
NAMES: Final = frozenset({*STATIC, "query", "now", "externalURL", "pathPrefix", "tmpl"})


def functions(query: Callable[[str], Sequence[Sample]], at_ms: int, external_url: str) -> dict[str, Callable[..., Any]]:
    """All functions for one expansion at a time. `query` evaluates an expression at that time."""

    def run(text: str) -> list[Row]:
        try:
            return [Row(sample.labels, sample.value) for sample in query(text)]
        except Exception as error:
            raise ValueProblem(str(error)) from error

    def refuse(name: str, _data: Any) -> str:
        raise ValueProblem(f"tmpl {name!r}: only consoles have templates to choose from")

    return {
        **STATIC,
        "query": run,
        "now": lambda: at_ms / 1000,
        "externalURL": lambda: external_url,
        "pathPrefix": lambda: urlsplit(external_url).path,
        "tmpl": refuse,
    }
