"""File: each alert a line. The "chat" of a machine without any account, and a record that other programs can tail."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from alerting.moments import milliseconds
from alerting.notifiers.context import Context, expand_variables
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.registry import Message, NotifierConfig, RateLimit, notifiers
from alerting.templates.data import AlertData, Notification
from pharos.config import FieldError


@dataclass(frozen=True, slots=True)
class FileConfig(NotifierConfig):
    """`file_configs`. `path` may use `${NAME}` and `${NAME:-default}` of the environment; `text` is a template for one alert,
    empty for `FIRING summary - description (labels)`."""

    path: str = ""
    format: Literal["text", "json"] = "text"
    text: str = ""

    def __post_init__(self) -> None:
        if not self.path:
            raise FieldError("path", "missing path of the file")
        try:
            expand_variables(self.path)
        except ValueError as error:
            raise FieldError("path", str(error)) from error


@notifiers.register("file", config=FileConfig)
class FileNotifier:
    """Append to a file."""

    def __init__(self, config: FileConfig, context: Context) -> None:
        self._config, self._context = config, context
        self.rate_limit = config.rate_limit or RateLimit()
        self.robot = expand_variables(config.path)

    def compose(self, notifications: Sequence[Notification]) -> list[Message]:
        return [Message(self._lines(one), (number,)) for number, one in enumerate(notifications)]

    def _lines(self, notification: Notification) -> str:
        if self._config.format == "json":
            return orjson.dumps({"groupKey": notification.group_key, **notification.payload()}).decode()
        stamp = milliseconds(self._context.clock.now())
        return "\n".join(f"{stamp} {self._line(alert)}" for alert in notification.Alerts)

    def _line(self, alert: AlertData) -> str:
        if self._config.text:
            return " ".join(self._context.render(self._config.text, alert).split())
        told = alert.Annotations
        summary = told.get("summary") or told.get("message") or alert.Labels.get("alertname", "")
        description = f" - {told['description']}" if told.get("description") else ""
        return " ".join(f"{alert.Status.upper()} {summary}{description} ({alert.Labels.String()})".split())

    async def send(self, message: Message) -> str:
        path = Path(self.robot)
        try:
            _append(path, message.body)
        except OSError as error:
            raise DeliveryError(f"cannot write to {path}: {error.strerror}", retryable=True) from error
        return f"written to {path}"


def _append(path: Path, lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(lines + "\n")
