"""Variables and macros in queries: `$name`, `${name:format}`, `[[name]]`, `$__rate_interval` and its family."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from dashboards.model.steps import Step, format_interval
from dashboards.model.timerange import TimeRange

ALL: Final = "$__all"
_REFERENCE: Final = re.compile(
    r"\$(?P<bare>\w+)"
    r"|\[\[(?P<old>\w+)(?::(?P<old_format>\w+))?\]\]"
    r"|\$\{(?P<braced>\w+)(?:\.(?P<field>[^:}]+))?(?::(?P<format>[^}]+))?\}"
)
_REGEX_META: Final = re.compile(r"[\\^$.*+?()\[\]{}|/]")


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable stands for now. `multi` tells that the query expects a regular expression, even for one value."""

    values: tuple[str, ...]
    multi: bool = False
    custom_all: str | None = None


Format = Callable[[Value, str], str]


def escape_regex(text: str) -> str:
    """The text as a literal inside a regular expression that stands in a PromQL string."""
    return escape_string(_REGEX_META.sub(lambda found: "\\" + found[0], text))


def escape_string(text: str) -> str:
    """The text inside a PromQL string: it can neither end the string nor escape what follows."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _join(separator: str, each: Callable[[str], str] = str) -> Format:
    return lambda value, _: separator.join(each(text) for text in value.values)


def _regex(value: Value, _: str) -> str:
    escaped = [_REGEX_META.sub(lambda found: "\\" + found[0], text) for text in value.values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _glob(value: Value, _: str) -> str:
    return value.values[0] if len(value.values) == 1 else "{" + ",".join(value.values) + "}"


def _queryparam(value: Value, name: str) -> str:
    return "&".join(f"var-{quote(name)}={quote(text, safe='')}" for text in value.values)


def _json(value: Value, _: str) -> str:
    return json.dumps(value.values[0] if len(value.values) == 1 else list(value.values))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lucene(value: Value, _: str) -> str:
    if len(value.values) == 1:
        if not value.multi:  # a text box: the user writes query syntax
            return value.values[0]
        return _quoted(value.values[0]) if re.search(r"\W", value.values[0]) else value.values[0]
    return "(" + " OR ".join(_quoted(text) for text in value.values) + ")"


def _prometheus(value: Value, _: str) -> str:
    if not value.multi and len(value.values) == 1:
        return escape_string(value.values[0])
    escaped = [escape_regex(text) for text in value.values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


FORMATS: Final[dict[str, Format]] = {
    "raw": _join(","),
    "csv": _join(","),
    "pipe": _join("|"),
    "text": _join(" + "),
    "regex": _regex,
    "glob": _glob,
    "json": _json,
    "queryparam": _queryparam,
    "percentencode": _join(",", lambda text: quote(text, safe="")),
    "singlequote": _join(",", lambda text: "'" + text.replace("'", "\\'") + "'"),
    "doublequote": _join(",", _quoted),
    "sqlstring": _join(",", lambda text: "'" + text.replace("'", "''") + "'"),
    "lucene": _lucene,
    "prometheus": _prometheus,
}


def interpolate(text: str, values: Mapping[str, Value], default: str = "prometheus") -> str:
    """Replace every known variable; unknown ones stay as they are, so that an error message can show them."""

    def replace(found: re.Match[str]) -> str:
        name = found["bare"] or found["old"] or found["braced"]
        value = values.get("__interval" if name.startswith("__auto_interval") else name)
        if value is None:
            return found[0]
        if value.custom_all is not None:
            return interpolate(value.custom_all, {k: v for k, v in values.items() if k != name}, default)
        wanted = found["old_format"] or found["format"] or default
        return FORMATS.get(wanted, FORMATS["glob"])(value, name)

    return _REFERENCE.sub(replace, text)


def macros(span: TimeRange, step: Step) -> dict[str, Value]:
    """The built-in variables of a query."""
    seconds = max(span.length_ms // 1000, 1)
    texts = {
        "__interval": format_interval(step.interval_ms),
        "__interval_ms": str(step.interval_ms),
        "__rate_interval": format_interval(step.rate_ms),
        "__rate_interval_ms": str(step.rate_ms),
        "__range": f"{seconds}s",
        "__range_s": str(seconds),
        "__range_ms": str(seconds * 1000),
        "__from": str(span.start_ms),
        "__to": str(span.end_ms),
    }
    return {name: Value((text,)) for name, text in texts.items()}


def references(text: str) -> set[str]:
    """Names of the variables a text refers to."""
    return {found["bare"] or found["old"] or found["braced"] for found in _REFERENCE.finditer(text)}
