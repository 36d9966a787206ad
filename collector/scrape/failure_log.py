"""The log of failed scrapes (`scrape_failure_log_file`): one JSON object a line, in Prometheus's shape."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import orjson

logger = logging.getLogger(__name__)


class FailureLog:
    """Appends to a file that is opened for each failure, so that it may be rotated away at any time."""

    def __init__(self, path: str, job: str) -> None:
        self._path, self._job = Path(path), job
        self._working = True

    def write(self, now_s: float, target: str, reason: str) -> None:
        """One failure. A file that cannot be written is told about once and harms no scrape."""
        line = {
            "time": datetime.fromtimestamp(now_s, UTC).isoformat().replace("+00:00", "Z"),
            "level": "ERROR",
            "msg": reason,
            "job_name": self._job,
            "target": target,
        }
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write(orjson.dumps(line) + b"\n")
            self._working = True
        except OSError as error:
            if self._working:
                logger.error(
                    "Cannot log failed scrapes", extra={"job": self._job, "file": str(self._path), "reason": str(error)}
                )
            self._working = False
