"""One probe under way: target, options, time left, the page it fills and the log it keeps."""

import logging
import time
from dataclasses import dataclass, field
from typing import Any, Final

from blackbox.config import Module
from blackbox.failures import ProbeError, Reason
from blackbox.page import Page
from blackbox.wire.tls import TlsContexts
from pharos.logs import LogfmtFormatter

logger = logging.getLogger("blackbox.probe")
_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of a probe's own log; formatted only when somebody looks."""

    moment: float
    level: int
    text: str
    fields: dict[str, Any]


class Probe:
    """What a prober gets. `deadline` is on the clock of the event loop."""

    __slots__ = (
        "contexts",
        "deadline",
        "entries",
        "failure",
        "hostname",
        "log_level",
        "module",
        "module_name",
        "page",
        "target",
    )

    def __init__(
        self,
        target: str,
        module_name: str,
        module: Module,
        contexts: TlsContexts,
        *,
        hostname: str = "",
        deadline: float = 0.0,
        log_level: str = "info",
    ) -> None:
        self.target, self.module_name, self.module, self.contexts = target, module_name, module, contexts
        self.hostname, self.deadline = hostname, deadline
        self.log_level = _LEVELS[log_level]
        self.page = Page()
        self.entries: list[LogEntry] = []
        self.failure: ProbeError | None = None

    def fail(self, reason: Reason, message: str, **fields: Any) -> None:
        """Note a failure and go on, because there is more to measure. The first one counts."""
        self.failure = self.failure or ProbeError(reason, message)
        self.log("error", message, **fields)

    def log(self, level: str, text: str, **fields: Any) -> None:
        """Add a line to the probe's log."""
        number = _LEVELS[level]
        if number >= self.log_level:
            self.entries.append(LogEntry(time.time(), number, text, fields))
            # In the service's own log a failing target is a detail: the metrics tell it, nobody has to act on the prober.
            logger.debug(text, extra={"probe_module": self.module_name, "target": self.target, **fields})

    def rendered_log(self) -> str:
        """The lines in logfmt."""
        formatter = LogfmtFormatter()
        lines = []
        for entry in self.entries:
            record = logging.makeLogRecord(
                {
                    "name": f"blackbox.{self.module.prober}",
                    "levelno": entry.level,
                    "levelname": logging.getLevelName(entry.level),
                    "msg": entry.text,
                    "created": entry.moment,
                    "msecs": entry.moment % 1 * 1000,
                    **entry.fields,
                }
            )
            lines.append(formatter.format(record))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished probe, kept for the page of recent probes."""

    id: int
    probe: Probe
    success: bool
    duration_s: float
    moment: float = field(default_factory=time.time)
