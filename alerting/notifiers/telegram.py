"""Telegram bot: HTML or Markdown messages. 4,096 characters a message, 20 messages a minute to a group."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alerting.notifiers.chat import ChatNotifier
from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.http import answer_json, post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.config import FieldError
from pharos.secret import Secret

_EMPTY = Secret("")


@dataclass(frozen=True, slots=True)
class TelegramConfig(HttpNotifierConfig):
    """`telegram_configs`."""

    api_url: str = ""
    bot_token: Secret = _EMPTY
    bot_token_file: str = ""
    chat_id: int = 0
    chat_id_file: str = ""
    message_thread_id: int = 0
    message: str = '{{ template "telegram.default.message" . }}'
    title: str = ""
    disable_notifications: bool = False
    parse_mode: Literal["", "HTML", "Markdown", "MarkdownV2"] = "HTML"

    def __post_init__(self) -> None:
        if self.bot_token and self.bot_token_file:
            raise FieldError("bot_token_file", "at most one of bot_token & bot_token_file must be configured")
        if bool(self.chat_id) == bool(self.chat_id_file):
            raise FieldError("chat_id", "exactly one of chat_id and chat_id_file must be configured")


@notifiers.register("telegram", config=TelegramConfig)
class TelegramNotifier(ChatNotifier):
    """Send to a Telegram chat."""

    limit_bytes = 4_096
    default_rate = RateLimit(messages=20)

    def __init__(self, config: TelegramConfig, context: Context) -> None:
        super().__init__(config, context, f"{config.bot_token.reveal()} {config.chat_id or config.chat_id_file}")
        if not (config.bot_token or config.bot_token_file or context.globals.telegram_bot_token):
            raise ValueError("missing bot_token or bot_token_file on telegram_config")

    def text(self, notification: Notification) -> str:
        html = self.config.parse_mode == "HTML"
        return self.context.render(self.config.message, notification, html=html).strip()

    def heading(self, title: str) -> str:
        return f"{title}\n"

    def envelope(self, title: str, text: str, notifications: Sequence[Notification]) -> dict[str, Any]:
        config = self.config
        body: dict[str, Any] = {
            "chat_id": config.chat_id,
            "text": f"{title}\n{text}".strip(),
            "disable_notification": config.disable_notifications,
            "disable_web_page_preview": True,
        }
        if config.chat_id_file:
            body["chat_id"] = int(secret_text(_EMPTY, config.chat_id_file))
        if config.parse_mode:
            body["parse_mode"] = config.parse_mode
        if config.message_thread_id:
            body["message_thread_id"] = config.message_thread_id
        return body

    async def send(self, message: Message) -> str:
        config, shared = self.config, self.context.globals
        own = secret_text(config.bot_token, config.bot_token_file)
        token = own or secret_text(shared.telegram_bot_token, shared.telegram_bot_token_file)
        url = f"{(config.api_url or shared.telegram_api_url).rstrip('/')}/bot{token}/sendMessage"
        text = await post(self.context, config.http_config, url, message.body)
        answer = answer_json(text)
        if answer.get("ok") is not True:
            raise DeliveryError(
                f"Telegram refused the message: {answer.get('description')}", retryable=False, reason="refused"
            )
        return text
