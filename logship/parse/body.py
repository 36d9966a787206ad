"""The body of a line: JSON, logfmt or plain text, to message, level, time and fields."""

import re
from typing import Any, Final

import orjson

from logship.parse import level

_MESSAGE_KEYS: Final = ("message", "msg", "log", "MESSAGE")
_LEVEL_KEYS: Final = ("level", "severity", "lvl", "loglevel", "log.level")
_TIME_KEYS: Final = ("@timestamp", "timestamp", "time", "ts")
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_PAIR: Final = re.compile(r'([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)')


Body = tuple[str, str | None, str | None, dict[str, Any] | None]
"""A parsed body: message, level, time (RFC 3339 in UTC, or None) and the fields that are left."""


def parse_json(content: bytes) -> Body | None:
    """A JSON object; None when it is not one."""
    try:
        fields = orjson.loads(content)
    except ValueError:
        return None
    return from_fields(fields, content) if isinstance(fields, dict) else None


def from_fields(fields: dict[str, Any], raw: bytes) -> Body:
    """Message, level and time taken out of the fields; without a message the text itself is the message."""
    message = found = moment = None
    for key in _MESSAGE_KEYS:
        if key in fields and isinstance(fields[key], str):
            message = fields.pop(key)
            break
    for key in _LEVEL_KEYS:
        if key in fields and (found := level.named(fields[key])) is not None:
            del fields[key]
            break
    for key in _TIME_KEYS:
        if key in fields:
            value = fields[key]
            if isinstance(value, str) and _RFC3339.fullmatch(value):
                moment = fields.pop(key)
                break
    return raw.decode("utf-8", "replace") if message is None else message, found, moment, fields or None


def parse_logfmt(content: bytes) -> Body | None:
    """`ts=... level=info msg="..." key=value`; None when the line is not all pairs."""
    text = content.decode("utf-8", "replace")
    fields: dict[str, Any] = {}
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None:
            return None
        key, value = match[1], match[2]
        fields[key] = _unquoted(value) if value[:1] == '"' else value
        at = match.end()
    return from_fields(fields, content) if fields else None


def _unquoted(value: str) -> str:
    try:
        return str(orjson.loads(value))
    except ValueError:
        return value[1:-1]
