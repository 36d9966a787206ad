"""Request parameters: query string and form body as one, and the texts Prometheus takes for times, durations and limits.

Source: the HTTP API documentation of Prometheus; the wording of refusals is what its clients show to people.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from collector.api.errors import ApiError, bad_parameter
from collector.promql.errors import ParseError
from collector.promql.parser import parse_selector
from pharos.durations import parse_duration_ms
from pharos.gotemplate.gofmt import quote
from pharos.matchers import Matcher

# What Prometheus takes for "the beginning" and "the end" of time when a request names none.
MIN_MS: Final = -(2**62)
MAX_MS: Final = 2**62
_GO_MAX_S: Final = (2**63 - 1) / 1e9
_RFC3339: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DIGITS: Final = r"\d+(?:_\d+)*"
_FLOAT: Final = re.compile(
    rf"[+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:e[+-]?\d+)?|[+-]?(?:inf|infinity)|nan",
    re.IGNORECASE | re.ASCII,
)
# The times Prometheus takes for the beginning and the end of all times.
_EDGES: Final = {
    "-292273086-05-16T16:47:06Z": -9_223_309_901_257_974_000,
    "292277025-08-18T07:12:54.999999999Z": 9_223_309_901_257_974_999,
}
_LOWEST: Final = -(2**63)  # what Go makes of numbers that are no 64-bit integer


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
        return default if not self.text(name) else max(MIN_MS, min(MAX_MS, self._time(name)))

    def engine_time(self, name: str, default: int) -> int:
        """As `time`, for the query engine. Raises `ApiError`."""
        return engine_ms(self._time(name)) if self.text(name) else default

    def _time(self, name: str) -> int:
        text = self.text(name)
        try:
            return parse_time_ms(text)
        except ValueError as error:
            raise bad_parameter(name, f"invalid time value for '{name}': {error}") from error

    def needed_time(self, name: str) -> int:
        """As `engine_time`, but the parameter must be there. Raises `ApiError`."""
        try:
            return engine_ms(parse_time_ms(self.text(name)))
        except ValueError as error:
            raise bad_parameter(name, error) from error

    def duration(self, name: str) -> float:
        """Seconds of a duration parameter; 0 when it is absent. Raises `ApiError`."""
        text = self.text(name)
        try:
            return parse_duration_s(text) if text else 0.0
        except ValueError as error:
            raise bad_parameter(name, error) from error

    def whole(self, name: str, default: int = 0, parser: str = "strconv.Atoi") -> int:
        """A whole number; `parser` is who refuses another text. Raises `ApiError`."""
        text = self.text(name)
        if not text:
            return default
        if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
            raise bad_parameter(name, f"{parser}: parsing {quote(text)}: invalid syntax")
        value = int(text)
        if not _LOWEST <= value < -_LOWEST:
            raise bad_parameter(name, f"{parser}: parsing {quote(text)}: value out of range")
        return value

    def limit(self, name: str = "limit") -> int:
        """How many at most; 0 for no limit. Raises `ApiError`."""
        value = self.whole(name)
        if value < 0:
            raise bad_parameter(name, "limit must be non-negative")
        return value

    def flag(self, name: str, *, lowered: bool = False) -> bool:
        """A truth value; False when absent. Raises `ApiError`."""
        text = self.text(name).lower() if lowered else self.text(name)
        if text and text not in _TRUE | _FALSE:
            raise bad_parameter(name, f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")
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
    content_type = request.headers.get("content-type", "")
    form = content_type.split(";")[0].strip().lower()
    asked = _pairs(request.scope["query_string"].decode("latin-1"))
    if request.method not in ("POST", "PUT", "PATCH"):
        return Parameters(asked)
    if form == "application/x-www-form-urlencoded":
        body = await request.body()
        try:
            pairs = _pairs(body.decode())
        except UnicodeDecodeError as error:
            raise ApiError("bad_data", f"error parsing form values: {error}") from error
    elif form == "multipart/form-data":
        return Parameters([*asked, *_parts(content_type, await request.body())])
    return Parameters([*pairs, *asked])


_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9a-fA-F]{2})")


def _pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of a query string; those that Go cannot read are left out."""
    if ";" in text or _BROKEN_ESCAPE.search(text):
        text = "&".join(pair for pair in text.split("&") if ";" not in pair and not _BROKEN_ESCAPE.search(pair))
    return parse_qsl(text, keep_blank_values=True)


def _parts(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """The fields of a multipart form."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    found = []
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found.append((name, content.decode(errors="replace")))
    return found


def any_selector(text: str, name: str = "match[]") -> list[Matcher]:
    """The matchers of one selector, whatever they match. Raises `ApiError`."""
    try:
        return parse_selector(text)
    except ParseError as error:
        raise bad_parameter(name, error) from error


def selector(text: str, name: str = "match[]") -> list[Matcher]:
    """The matchers of one selector, of which one must not match the empty text. Raises `ApiError`."""
    matchers = any_selector(text, name)
    if all(matcher.matches_value("") for matcher in matchers):
        raise bad_parameter(name, "match[] must contain at least one non-empty matcher")
    return matchers


def named_selectors(parameters: Parameters) -> list[list[Matcher]]:
    """The selectors of `match[]` where errors stand for themselves. Raises `ApiError`."""
    try:
        return parameters.matchers()
    except ApiError as error:
        raise ApiError("bad_data", error.message.removeprefix('invalid parameter "match[]": ')) from error


def parse_time_ms(text: str) -> int:
    """Milliseconds of a Unix time in seconds or an RFC 3339 time, of any size. Raises `ValueError`."""
    seconds = _number(text)
    if seconds is not None:
        if not math.isfinite(seconds):
            return _LOWEST * 1000 + int(_LOWEST / 1e6)
        fraction, whole = math.modf(seconds)
        return (int(whole) if _LOWEST <= whole < -_LOWEST else _LOWEST) * 1000 + round(fraction * 1000)
    if text in _EDGES:
        return _EDGES[text]
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise _no_time(text)
    milliseconds = (match[7] or "")[:3].ljust(3, "0")
    zone = "+00:00" if match[8] == "Z" else match[8]
    try:
        moment = datetime.fromisoformat(f"{text[:10]}T{text[11:19]}{zone}")
    except ValueError:
        raise _no_time(text) from None
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1000 + int(milliseconds)


def _no_time(text: str) -> ValueError:
    return ValueError(f"cannot parse {quote(text)} to a valid timestamp")


def engine_ms(time_ms: int) -> int:
    """A time as the query engine sees it, which counts nanoseconds in 64 bits."""
    nanoseconds = (time_ms * 1_000_000 + 2**63) % 2**64 - 2**63
    return int(math.copysign(abs(nanoseconds) // 1_000_000, nanoseconds)) if nanoseconds else 0


def _number(text: str) -> float | None:
    """What Go's ParseFloat makes of a text, hexadecimals apart; None when it is no number or does not fit."""
    if not _FLOAT.fullmatch(text):
        return None
    value = float(text)
    return None if math.isinf(value) and "n" not in text.lower() else value


def parse_duration_s(text: str) -> float:
    """Seconds of a number of seconds or a duration such as `1m30s`. Raises `ValueError`."""
    seconds = _number(text)
    if seconds is not None:
        if abs(seconds) > _GO_MAX_S:
            raise ValueError(f"cannot parse {quote(text)} to a valid duration. It overflows int64")
        return seconds
    try:
        return parse_duration_ms(text) / 1000
    except ValueError:
        raise ValueError(f"cannot parse {quote(text)} to a valid duration") from None
