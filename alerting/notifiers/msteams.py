"""Microsoft Teams: connector cards (`msteams_configs`) and the Adaptive Cards of workflows (`msteamsv2_configs`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alerting.notifiers.chat import ChatNotifier
from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.http import post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.config import FieldError
from pharos.secret import Secret

_EMPTY = Secret("")


@dataclass(frozen=True, slots=True)
class _TeamsConfig(HttpNotifierConfig):
    webhook_url: Secret = _EMPTY
    webhook_url_file: str = ""

    def __post_init__(self) -> None:
        if bool(self.webhook_url) == bool(self.webhook_url_file):
            raise FieldError("webhook_url", "exactly one of webhook_url or webhook_url_file must be configured")


@dataclass(frozen=True, slots=True)
class TeamsConfig(_TeamsConfig):
    """`msteams_configs`."""

    title: str = '{{ template "msteams.default.title" . }}'
    summary: str = '{{ template "msteams.default.summary" . }}'
    text: str = '{{ template "msteams.default.text" . }}'


@dataclass(frozen=True, slots=True)
class TeamsV2Config(_TeamsConfig):
    """`msteamsv2_configs`."""

    title: str = '{{ template "msteamsv2.default.title" . }}'
    text: str = '{{ template "msteamsv2.default.text" . }}'


class _Teams(ChatNotifier):
    limit_bytes = 27_000  # Teams refuses from 28 KB
    default_rate = RateLimit(messages=60)

    def __init__(self, config: _TeamsConfig, context: Context) -> None:
        super().__init__(config, context, config.webhook_url.reveal() or config.webhook_url_file)

    async def send(self, message: Message) -> str:
        url = secret_text(self.config.webhook_url, self.config.webhook_url_file)
        text = await post(self.context, self.config.http_config, url, message.body)
        # The connector answers 200 and says in the text that it was too fast.
        if "429" in text and "failed" in text.lower():
            raise DeliveryError(
                "Teams takes no more messages for now", retryable=True, reason="rate_limited", wait_s=30
            )
        return text


@notifiers.register("msteams", config=TeamsConfig)
class TeamsNotifier(_Teams):
    """Post a connector card."""

    def envelope(self, title: str, text: str, notifications: Sequence[Notification]) -> dict[str, Any]:
        firing = any(one.Status == "firing" for one in notifications)
        summary = self.context.render(self.config.summary, notifications[0]) if len(notifications) == 1 else title
        return {
            "@context": "http://schema.org/extensions",
            "@type": "MessageCard",
            "title": title,
            "summary": summary,
            "text": text,
            "themeColor": "8C1A1A" if firing else "2DC72D",
        }


@notifiers.register("msteamsv2", config=TeamsV2Config)
class TeamsV2Notifier(_Teams):
    """Post an Adaptive Card."""

    def envelope(self, title: str, text: str, notifications: Sequence[Notification]) -> dict[str, Any]:
        firing = any(one.Status == "firing" for one in notifications)
        heading = {
            "type": "TextBlock",
            "text": title,
            "weight": "Bolder",
            "size": "Medium",
            "wrap": True,
            "color": "Attention" if firing else "Good",
        }
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "msteams": {"width": "Full"},
            "body": [heading, {"type": "TextBlock", "text": text, "wrap": True}],
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        return {"type": "message", "attachments": [attachment]}
