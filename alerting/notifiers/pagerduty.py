"""PagerDuty events: version 2 with a routing key, version 1 with a service key."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.http import post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.config import FieldError
from pharos.durations import Duration
from pharos.secret import Secret

_EMPTY, _NO_TIMEOUT = Secret(""), Duration(0)
_V1_URL = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
_SUMMARY_CHARS = {1: 1024, 2: 1024}
_DETAILS = {
    "firing": "{{ .Alerts.Firing | len }}",
    "resolved": "{{ .Alerts.Resolved | len }}",
    "num_firing": "{{ .Alerts.Firing | len }}",
    "num_resolved": "{{ .Alerts.Resolved | len }}",
}


@dataclass(frozen=True, slots=True)
class PagerDutyLink:
    """A link of an incident."""

    href: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class PagerDutyImage:
    """An image of an incident."""

    src: str = ""
    alt: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class PagerDutyConfig(HttpNotifierConfig):
    """`pagerduty_configs`."""

    routing_key: Secret = _EMPTY
    routing_key_file: str = ""
    service_key: Secret = _EMPTY
    service_key_file: str = ""
    url: str = ""
    client: str = '{{ template "pagerduty.default.client" . }}'
    client_url: str = '{{ template "pagerduty.default.clientURL" . }}'
    description: str = '{{ template "pagerduty.default.description" . }}'
    details: dict[str, Any] = field(default_factory=dict)
    images: tuple[PagerDutyImage, ...] = ()
    links: tuple[PagerDutyLink, ...] = ()
    source: str = ""
    severity: str = "error"
    component: str = ""
    group: str = ""
    timeout: Duration = _NO_TIMEOUT
    class_: str = field(default="", metadata={"key": "class"})

    def __post_init__(self) -> None:
        keys = (self.routing_key, self.routing_key_file, self.service_key, self.service_key_file)
        if sum(map(bool, keys)) != 1:
            raise FieldError(
                "routing_key", "exactly one of routing_key, service_key and their files must be configured"
            )


@notifiers.register("pagerduty", config=PagerDutyConfig)
class PagerDutyNotifier:
    """Trigger and resolve incidents, one for each group."""

    def __init__(self, config: PagerDutyConfig, context: Context) -> None:
        self._config, self._context = config, context
        self.rate_limit = config.rate_limit or RateLimit()
        self._v2 = bool(config.routing_key or config.routing_key_file)
        self.robot = config.routing_key.reveal() or config.service_key.reveal() or "pagerduty"

    def compose(self, notifications: Sequence[Notification]) -> list[Message]:
        """An event each: incidents are told apart by group."""
        event = self._event_v2 if self._v2 else self._event_v1
        return [Message(orjson.dumps(event(one)).decode(), (number,)) for number, one in enumerate(notifications)]

    def _event_v2(self, notification: Notification) -> dict[str, Any]:
        config = self._config

        def text(template: str) -> str:
            return self._context.render(template, notification)

        payload = {
            "summary": text(config.description)[: _SUMMARY_CHARS[2]],
            "source": text(config.source or config.client),
            "severity": text(config.severity) or "error",
            "component": text(config.component),
            "group": text(config.group),
            "class": text(config.class_),
            "custom_details": self._details(notification),
        }
        images = [{name: text(getattr(image, name)) for name in ("src", "alt", "href")} for image in config.images]
        links = [{name: text(getattr(link, name)) for name in ("href", "text")} for link in config.links]
        return {
            "routing_key": secret_text(config.routing_key, config.routing_key_file),
            "event_action": "trigger" if notification.Status == "firing" else "resolve",
            "dedup_key": _dedup_key(notification),
            "client": text(config.client),
            "client_url": text(config.client_url),
            "payload": {name: value for name, value in payload.items() if value},
            **({"images": images} if images else {}),
            **({"links": links} if links else {}),
        }

    def _event_v1(self, notification: Notification) -> dict[str, Any]:
        config = self._config
        firing = notification.Status == "firing"
        event: dict[str, Any] = {
            "service_key": secret_text(config.service_key, config.service_key_file),
            "event_type": "trigger" if firing else "resolve",
            "incident_key": _dedup_key(notification),
            "description": self._context.render(config.description, notification)[: _SUMMARY_CHARS[1]],
            "details": self._details(notification),
        }
        if firing:
            event["client"] = self._context.render(config.client, notification)
            event["client_url"] = self._context.render(config.client_url, notification)
        return event

    def _details(self, notification: Notification) -> Any:
        return self._context.library.render_all({**_DETAILS, **self._config.details}, notification)

    async def send(self, message: Message) -> str:
        config = self._config
        url = config.url or (self._context.globals.pagerduty_url if self._v2 else _V1_URL)
        timeout_s = float(config.timeout) or 30.0
        return await post(
            self._context, config.http_config, url, message.body, timeout_s=timeout_s, retry_codes=(403, 429)
        )


def _dedup_key(notification: Notification) -> str:
    return hashlib.sha256(notification.group_key.encode()).hexdigest()
