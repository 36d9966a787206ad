"""The query log (`global.query_log_file`): one JSON object a line for every query, in Prometheus's shape."""

import logging
from typing import IO, Any

import orjson

from collector.api.numbers import rfc3339

logger = logging.getLogger(__name__)


class QueryLog:
    """Appends to a file; an empty path logs nothing. `open` again after the file was rotated away."""

    def __init__(self) -> None:
        self._path = ""
        self._file: IO[bytes] | None = None

    def open(self, path: str) -> None:
        """Log to another file. Raises `OSError` when it cannot be written, and goes on with the old one."""
        fresh = open(path, "ab", buffering=0) if path else None  # noqa: SIM115 - it stays open
        self.close()
        self._path, self._file = path, fresh

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def active(self) -> bool:
        return self._file is not None

    def write(self, now_s: float, parameters: dict[str, Any], stats: dict[str, Any], request: dict[str, str]) -> None:
        """One query. A full disk is told about and harms no query."""
        if self._file is None:
            return
        line = {"params": parameters, "stats": stats, "httpRequest": request, "ts": rfc3339(now_s)}
        try:
            self._file.write(orjson.dumps(line) + b"\n")
        except OSError as error:
            logger.error("Writing the query log failed", extra={"file": self._path, "reason": str(error)})
