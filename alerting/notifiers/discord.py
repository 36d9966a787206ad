"""Discord webhook: embeds. 4,096 characters of description, 256 of title, 30 messages a minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alerting.notifiers.chat import ChatNotifier
from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.http import post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.config import FieldError
from pharos.secret import Secret

_EMPTY = Secret("")
_RED, _GREEN = 0x992D22, 0x2ECC71
_TITLE_CHARS = 256


@dataclass(frozen=True, slots=True)
class DiscordConfig(HttpNotifierConfig):
    """`discord_configs`."""

    webhook_url: Secret = _EMPTY
    webhook_url_file: str = ""
    title: str = '{{ template "discord.default.title" . }}'
    message: str = '{{ template "discord.default.message" . }}'
    content: str = '{{ template "discord.default.content" . }}'
    username: str = ""
    avatar_url: str = ""

    def __post_init__(self) -> None:
        if bool(self.webhook_url) == bool(self.webhook_url_file):
            raise FieldError("webhook_url", "exactly one of webhook_url or webhook_url_file must be configured")


@notifiers.register("discord", config=DiscordConfig)
class DiscordNotifier(ChatNotifier):
    """Post to a Discord channel."""

    limit_bytes = 4_096
    default_rate = RateLimit(messages=30)

    def __init__(self, config: DiscordConfig, context: Context) -> None:
        super().__init__(config, context, config.webhook_url.reveal() or config.webhook_url_file)

    def text(self, notification: Notification) -> str:
        return self.context.render(self.config.message, notification).strip()

    def envelope(self, title: str, text: str, notifications: Sequence[Notification]) -> dict[str, Any]:
        firing = any(one.Status == "firing" for one in notifications)
        embed = {"title": title[:_TITLE_CHARS], "description": text, "color": _RED if firing else _GREEN}
        body: dict[str, Any] = {
            "content": self.context.render(self.config.content, notifications[0]),
            "embeds": [embed],
        }
        if self.config.username:
            body["username"] = self.config.username
        if self.config.avatar_url:
            body["avatar_url"] = self.config.avatar_url
        return body

    async def send(self, message: Message) -> str:
        url = secret_text(self.config.webhook_url, self.config.webhook_url_file)
        return await post(self.context, self.config.http_config, url, message.body)
