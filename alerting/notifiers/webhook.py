"""Webhook: Alertmanager's JSON, version 4, to any URL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.http import host, post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Alerts, Notification
from pharos.config import FieldError
from pharos.durations import Duration
from pharos.secret import Secret

_EMPTY, _NO_TIMEOUT = Secret(""), Duration(0)


@dataclass(frozen=True, slots=True)
class WebhookConfig(HttpNotifierConfig):
    """`webhook_configs`. `payload`, when given, replaces the body: any YAML whose texts are templates."""

    url: Secret = _EMPTY
    url_file: str = ""
    max_alerts: int = 0
    timeout: Duration = _NO_TIMEOUT
    payload: Any = None

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.url_file):
            raise FieldError("url", "exactly one of url or url_file must be configured")


@notifiers.register("webhook", config=WebhookConfig)
class WebhookNotifier:
    """POST the notification as JSON."""

    def __init__(self, config: WebhookConfig, context: Context) -> None:
        self._config, self._context = config, context
        self.rate_limit = config.rate_limit or RateLimit()
        self.robot = config.url.reveal() or config.url_file

    def compose(self, notifications: Sequence[Notification]) -> list[Message]:
        """One message each: a webhook wants every notification by itself."""
        return [self._message(number, one) for number, one in enumerate(notifications)]

    def _message(self, number: int, notification: Notification) -> Message:
        config = self._config
        url = self._context.render(secret_text(config.url, config.url_file), notification)
        kept, truncated = notification, 0
        if config.max_alerts and len(notification.Alerts) > config.max_alerts:
            truncated = len(notification.Alerts) - config.max_alerts
            kept = _with_alerts(notification, Alerts(notification.Alerts[: config.max_alerts]))
        if config.payload is not None:
            document = self._context.library.render_all(config.payload, kept)
        else:
            document = {
                **kept.payload(),
                "version": "4",
                "groupKey": notification.group_key,
                "truncatedAlerts": truncated,
            }
        return Message(orjson.dumps(document).decode(), (number,), target=url)

    async def send(self, message: Message) -> str:
        answer = await post(
            self._context,
            self._config.http_config,
            message.target,
            message.body,
            timeout_s=float(self._config.timeout) or 30.0,
        )
        return answer or f"taken by {host(message.target)}"


def _with_alerts(notification: Notification, alerts: Alerts) -> Notification:
    from dataclasses import replace

    return replace(notification, Alerts=alerts)
