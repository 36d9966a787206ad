"""Structured logs on stdout: logfmt or JSON, one line an event.

ERROR: data was lost or someone must act. WARNING: unexpected, recovered. INFO: life cycle. DEBUG: per item. Fields are passed as
`logger.info("Scrape failed", extra={"target": url})`.
"""

import json
import logging
import sys
import time
from typing import Any, Final

LEVELS: Final = ("debug", "info", "warn", "error")
FORMATS: Final = ("logfmt", "json")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def setup_logging(level: str = "info", log_format: str = "logfmt", stream: Any = None) -> None:
    """Send all logs to stdout in one format; libraries stay at WARNING unless the level is debug."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter() if log_format == "json" else LogfmtFormatter())
    number = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}[level]
    logging.basicConfig(level=number, handlers=[handler], force=True)
    quiet = logging.DEBUG if level == "debug" else max(number, logging.WARNING)
    for name in (
        "httpx",
        "httpcore",
        "uvicorn",
        "uvicorn.access",
        "uvicorn.error",
        "asyncio",
        "elastic_transport",
        "elasticsearch",
    ):
        logging.getLogger(name).setLevel(quiet)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    out: dict[str, Any] = {
        "ts": f"{moment}.{int(record.msecs):03d}Z",
        "level": {"WARNING": "warn", "CRITICAL": "error"}.get(record.levelname, record.levelname.lower()),
        "logger": record.name,
        "msg": record.getMessage(),
    }
    out.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        out["error"] = f"{type(error).__name__}: {error}"
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            out["stack"] = logging.Formatter().formatException(record.exc_info)
    return out


class LogfmtFormatter(logging.Formatter):
    """`ts=... level=info msg="..." key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={_quote(str(value))}" for key, value in _fields(record).items())


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record), default=str, ensure_ascii=False)


def _quote(text: str) -> str:
    if text and not any(char in ' "=\n\r\t\\' or char < " " for char in text):
        return text
    return json.dumps(text, ensure_ascii=False)
