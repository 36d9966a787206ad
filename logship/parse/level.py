"""The severity of a line, when it tells."""

from typing import Final

LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")

_NAMES: Final[dict[str, str]] = {
    "trace": "trace", "trc": "trace", "verbose": "trace", "finest": "trace", "debug": "debug", "dbg": "debug", "fine": "debug",
    "info": "info", "inf": "info", "information": "info", "notice": "info", "log": "info", "warn": "warn", "warning": "warn", "wrn": "warn",
    "error": "error", "err": "error", "eror": "error", "severe": "error", "fatal": "fatal", "critical": "fatal", "crit": "fatal",
    "panic": "fatal", "alert": "fatal", "emerg": "fatal", "emergency": "fatal", "dpanic": "fatal", "ftl": "fatal",
}  # fmt: skip
_BY_NUMBER: Final = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_IN_TEXT: Final = (
    (b"INFO", "info"), (b"ERROR", "error"), (b"WARN", "warn"), (b"DEBUG", "debug"), (b"FATAL", "fatal"), (b"CRITICAL", "fatal"),
    (b"TRACE", "trace"), (b"[info]", "info"), (b"[error]", "error"), (b"[warn", "warn"), (b"level=info", "info"),
    (b"level=error", "error"), (b"level=warn", "warn"), (b"level=debug", "debug"), (b"level=fatal", "fatal"), (b"[debug]", "debug"),
)  # fmt: skip
_KLOG: Final = {73: "info", 87: "warn", 69: "error", 70: "fatal"}
HEAD_BYTES: Final = 72
"""Levels stand at the beginning of a line; further on the words are prose."""


def named(value: object) -> str | None:
    """The level behind a field's value: `WARNING`, `warn`, `30` (bunyan, pino)."""
    if isinstance(value, str):
        return _NAMES.get(value.lower())
    return _BY_NUMBER.get(value) if isinstance(value, int) else None


def in_text(line: bytes) -> str | None:
    """The level of a plain line: klog's first letter, or a word at its beginning."""
    head = line[:HEAD_BYTES]
    if head[:1] in b"IWEF" and head[1:5].isdigit():
        return _KLOG.get(head[0])
    for word, level in _IN_TEXT:
        if word in head:
            return level
    return None
