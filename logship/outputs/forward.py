"""The forward protocol of fluentd and Fluent Bit, through fluent-logger."""

import io
from typing import Any

import orjson
from fluent.sender import FluentSender

from logship.config import ForwardOutput
from logship.outputs.base import Delivery, RetryLaterError
from logship.outputs.lines import documents


class ForwardOutlet:
    """Sends each document as one event; a failure of the connection means the whole batch again (at least once)."""

    def __init__(self, config: ForwardOutput) -> None:
        self._problem = ""
        self._sender: Any = FluentSender(
            config.tag, host=str(config.host), port=config.port, timeout=10.0, nanosecond_precision=True,
            buffer_overflow_handler=self._overflow, bufmax=16 * 1024 * 1024, forward_packet_error=False,
        )  # fmt: skip

    def _overflow(self, _: bytes) -> None:
        self._problem = "the server takes nothing"

    def send(self, items: list[bytes]) -> Delivery:
        """All documents. Raises `RetryLaterError`."""
        for line in io.BytesIO(documents(items)):
            doc = orjson.loads(line)
            if not self._sender.emit_with_time(None, _seconds(doc), doc):
                problem = self._sender.last_error or self._problem
                self._sender.clear_last_error()
                self._sender.pendings = None  # it keeps what failed and would send it twice
                raise RetryLaterError("connection", str(problem))
        return Delivery()

    def close(self) -> None:
        self._sender.close()


def _seconds(doc: dict[str, Any]) -> float:
    from datetime import datetime

    text = str(doc.get("@timestamp", ""))
    try:
        head, _, fraction = text.rstrip("Z").partition(".")
        return datetime.fromisoformat(head + "+00:00").timestamp() + float(f"0.{fraction or 0}")
    except ValueError:
        return 0.0
