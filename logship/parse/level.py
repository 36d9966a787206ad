"""The severity of a line, when it tells."""

import re
from typing import Final

LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")

_NAMES: Final[dict[str, str]] = {
    "trace": "trace", "trc": "trace", "verbose": "trace", "finest": "trace", "debug": "debug", "dbg": "debug", "fine": "debug",
    "info": "info", "inf": "info", "information": "info", "notice": "info", "log": "info", "warn": "warn", "warning": "warn", "wrn": "warn",
    "error": "error", "err": "error", "eror": "error", "severe": "error", "fatal": "fatal", "critical": "fatal", "crit": "fatal",
    "panic": "fatal", "alert": "fatal", "emerg": "fatal", "emergency": "fatal", "dpanic": "fatal", "ftl": "fatal",
}  # fmt: skip
_BY_NUMBER: Final = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_IN_TEXT: Final = re.compile(
    rb"INFO|ERROR|WARN|DEBUG|FATAL|CRITICAL|TRACE|\[(?:info|error|warn|debug)|level=(?:info|error|warn|debug|fatal)"
)
_BY_WORD: Final = {
    word: level
    for level, names in {
        "info": b"INFO [info level=info", "error": b"ERROR [error level=error", "warn": b"WARN [warn level=warn",
        "debug": b"DEBUG [debug level=debug", "fatal": b"FATAL CRITICAL level=fatal", "trace": b"TRACE",
    }.items()
    for word in names.split(b" ")
}  # fmt: skip
_KLOG: Final = {73: "info", 87: "warn", 69: "error", 70: "fatal"}
HEAD_BYTES: Final = 72
"""Levels stand at the beginning of a line; further on the words are prose."""


def named(value: object) -> str | None:
    """The level behind a field's value: `WARNING`, `warn`, `30` (bunyan, pino)."""
    if isinstance(value, str):
        return _NAMES.get(value) or _NAMES.get(value.lower())
    return _BY_NUMBER.get(value) if isinstance(value, int) else None


def in_text(line: bytes) -> str | None:
    """The level of a plain line: klog's first letter, or a word at its beginning."""
    if line[1:5].isdigit() and line[0] in _KLOG:
        return _KLOG[line[0]]
    found = _IN_TEXT.search(line, 0, HEAD_BYTES)
    return _BY_WORD[found[0]] if found else None
