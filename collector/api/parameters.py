"""Request parameters: query string and form body as one, and the texts Prometheus takes for times, durations and limits.

Source: the HTTP API documentation of Prometheus; the wording of refusals is what its clients show to people.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from collector.api.errors import ApiError, bad_parameter
from collector.promql.errors import ParseError
from collector.promql.parser import parse_selector
from pharos.durations import parse_duration_ms
from pharos.matchers import Matcher

# What Prometheus takes for "the beginning" and "the end" of time when a request names none.
MIN_MS: Final = -(2**62)
MAX_MS: Final = 2**62
_GO_MAX_S: Final = (2**63 - 1) / 1e9
_RFC3339: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FLOAT: Final = re.compile(
    r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|infinity|nan)", re.IGNORECASE | re.ASCII
)
_EDGES: Final = {"-292273086-05-16T16:47:06Z": MIN_MS, "+292277025-08-18T07:12:54.999999999Z": MAX_MS}


class Parameters:
    """The parameters of one request; those of a form body come first."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = list(pairs)
        self._first = dict(reversed(self._pairs))

    def text(self, name: str, default: str = "") -> str:
        return self._first.get(name, default)

    def texts(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]

    def time(self, name: str, default: int) -> int:
        """Milliseconds of a time parameter. Raises `ApiError`."""
        text = self.text(name)
        if not text:
            return default
        try:
            return parse_time_ms(text)
        except ValueError as error:
            raise bad_parameter(name, f"invalid time value for '{name}': {error}") from error

    def needed_time(self, name: str) -> int:
        """As `time`, but the parameter must be there. Raises `ApiError`."""
        try:
            return parse_time_ms(self.text(name))
        except ValueError as error:
            raise bad_parameter(name, error) from error

    def duration(self, name: str) -> float:
        """Seconds of a duration parameter; 0 when it is absent. Raises `ApiError`."""
        text = self.text(name)
        try:
            return parse_duration_s(text) if text else 0.0
        except ValueError as error:
            raise bad_parameter(name, error) from error

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number. Raises `ApiError`."""
        text = self.text(name)
        if not text:
            return default
        if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
            raise bad_parameter(name, f'strconv.Atoi: parsing "{text}": invalid syntax')
        return int(text)

    def limit(self, name: str = "limit") -> int:
        """How many at most; 0 for no limit. Raises `ApiError`."""
        value = self.whole(name)
        if value < 0:
            raise bad_parameter(name, "limit must be non-negative")
        return value

    def flag(self, name: str) -> bool:
        """A truth value; False when absent. Raises `ApiError`."""
        text = self.text(name)
        if text and text not in _TRUE | _FALSE:
            raise bad_parameter(name, f'strconv.ParseBool: parsing "{text}": invalid syntax')
        return text in _TRUE

    def matchers(self, name: str = "match[]") -> list[list[Matcher]]:
        """One list of matchers for each selector given. Raises `ApiError`."""
        return [selector(text, name) for text in self.texts(name)]

    def needed_matchers(self, name: str = "match[]") -> list[list[Matcher]]:
        """As `matchers`, but there must be one. Raises `ApiError`."""
        found = self.matchers(name)
        if not found:
            raise ApiError("bad_data", f"no {name} parameter provided")
        return found


_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


async def read_parameters(request: Request) -> Parameters:
    """The parameters of a request. Raises `ApiError` when a form cannot be read."""
    pairs: list[tuple[str, str]] = []
    form = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if request.method in ("POST", "PUT", "PATCH") and form == "application/x-www-form-urlencoded":
        body = await request.body()
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True)
        except UnicodeDecodeError as error:
            raise ApiError("bad_data", f"error parsing form values: {error}") from error
    asked = request.scope["query_string"].decode("latin-1")
    return Parameters([*pairs, *parse_qsl(asked, keep_blank_values=True)])


def selector(text: str, name: str = "match[]") -> list[Matcher]:
    """The matchers of one selector, of which one must not match the empty text. Raises `ApiError`."""
    try:
        matchers = parse_selector(text)
    except ParseError as error:
        raise bad_parameter(name, error) from error
    if all(matcher.matches_value("") for matcher in matchers):
        raise bad_parameter(name, "match[] must contain at least one non-empty matcher")
    return matchers


def parse_time_ms(text: str) -> int:
    """Milliseconds of a Unix time in seconds or an RFC 3339 time. Raises `ValueError`."""
    problem = f'cannot parse "{text}" to a valid timestamp'
    if _FLOAT.fullmatch(text):
        seconds = float(text)
        if not abs(seconds) < _GO_MAX_S * 1e9 / 1000:
            raise ValueError(problem)
        return round(seconds * 1000)
    if text in _EDGES:
        return _EDGES[text]
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(problem)
    fraction = (match[7] or "")[:3].ljust(3, "0")
    zone = "+00:00" if match[8] in "Zz" else match[8]
    try:
        moment = datetime.fromisoformat(f"{text[:10]}T{text[11:19]}{zone}")
    except ValueError:
        raise ValueError(problem) from None
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1000 + int(fraction)


def parse_duration_s(text: str) -> float:
    """Seconds of a number of seconds or a duration such as `1m30s`. Raises `ValueError`."""
    if _FLOAT.fullmatch(text):
        seconds = float(text)
        if not abs(seconds) <= _GO_MAX_S:
            raise ValueError(f'cannot parse "{text}" to a valid duration. It overflows int64')
        return seconds
    try:
        return parse_duration_ms(text) / 1000
    except ValueError:
        raise ValueError(f'cannot parse "{text}" to a valid duration') from None
