"""Template functions that Prometheus and Alertmanager both have, and the text functions of Alertmanager.

What needs a server (`query`, `externalURL`) belongs to its own part. Source: the template references of both programs.
"""

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote_plus

import orjson

from pharos.gotemplate.escape import SafeHtml
from pharos.gotemplate.gofmt import sprintf
from pharos.gotemplate.gotime import GoDuration, GoTime
from pharos.gotemplate.values import ValueProblem, type_name
from pharos.regex import compile_re2, expand

_WORD_START: Final = re.compile(r"(?<![\w'’])\w")
_compiled = lru_cache(maxsize=1024)(compile_re2)


def title(text: str) -> str:
    """Each word's first letter in title case; the others stay."""
    return _WORD_START.sub(lambda match: _one_letter(match[0], match[0].title()), text)


def upper(text: str) -> str:
    """Go's `strings.ToUpper`: letter by letter, so that `ß`, which has no upper case of one letter, stays."""
    return "".join([_one_letter(char, char.upper(), char.title()) for char in text])


def lower(text: str) -> str:
    """Go's `strings.ToLower`."""
    return "".join([char.lower()[:1] for char in text])


def _one_letter(char: str, *changed: str) -> str:
    """The first change that is a single letter, else the letter itself."""
    return next((text for text in changed if len(text) == 1), char)


def matches(pattern: str, text: str) -> bool:
    """`match`: whether a RE2 pattern is found anywhere in the text."""
    return _compiled(pattern).search(text) is not None


def replace_all(pattern: str, replacement: str, text: str) -> str:
    """`reReplaceAll`: every match replaced, `$1` and `${name}` filled in."""
    return str(_compiled(pattern).sub(lambda match: expand(match, replacement), text))


def to_float(value: Any) -> float:
    """A number, a text that is one, or a duration's seconds. Raises `ValueProblem`."""
    if isinstance(value, GoDuration):
        return value.Seconds()
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise ValueProblem(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from None
    raise ValueProblem(f"can't convert {type_name(value)} to float")


def humanize_duration(value: Any) -> str:
    """Seconds as `1d 2h 3m 4s`, `1.5ms`."""
    seconds = to_float(value)
    if math.isnan(seconds) or math.isinf(seconds):
        return sprintf("%.4g", seconds)
    if seconds == 0:
        return "0s"
    if abs(seconds) < 1:
        shown, prefix = _scaled(seconds, "munpfazy")
        return f"{shown}{prefix}s"
    sign, rest = ("-" if seconds < 0 else ""), int(abs(seconds))
    days, hours, minutes = rest // 86400, rest // 3600 % 24, rest // 60 % 60
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {rest % 60}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {rest % 60}s"
    if minutes:
        return f"{sign}{minutes}m {rest % 60}s"
    return f"{sprintf('%.4g', seconds)}s"


def _scaled(value: float, prefixes: str) -> tuple[str, str]:
    """A number below one times a thousand until it is not, and the prefix for that."""
    prefix = ""
    for candidate in prefixes:
        if abs(value) >= 1:
            break
        prefix, value = candidate, value * 1000
    return sprintf("%.4g", value), prefix


def _join(separator: str, texts: Sequence[Any]) -> str:
    return separator.join(str(text) for text in texts)


def _to_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _dict(*pairs: Any) -> dict[str, Any]:
    if len(pairs) % 2:
        raise ValueProblem("dict expects an even number of arguments")
    return {str(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _date(layout: str, moment: GoTime) -> str:
    return moment.Format(layout)


def _in_zone(zone: str, moment: GoTime) -> GoTime:
    return moment.In(zone)


COMMON: Final[dict[str, Callable[..., Any]]] = {
    "toUpper": lambda text: upper(_text(text)),
    "toLower": lambda text: lower(_text(text)),
    "title": title,
    "match": matches,
    "reReplaceAll": replace_all,
    "safeHtml": lambda text: SafeHtml(_text(text)),
    "humanizeDuration": humanize_duration,
}
NOTIFICATION: Final[dict[str, Callable[..., Any]]] = {
    **COMMON,
    "trimSpace": lambda text: _text(text).strip(),
    "join": _join,
    "safeUrl": lambda text: SafeHtml(_text(text)),
    "urlUnescape": lambda text: unquote_plus(_text(text)),
    "stringSlice": lambda *texts: list(texts),
    "list": lambda *values: list(values),
    "append": lambda values, *more: [*values, *more],
    "dict": _dict,
    "toJson": _to_json,
    "date": _date,
    "tz": _in_zone,
}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueProblem(f"wrong type for value; expected string; got {type_name(value)}")
    return value
