"""DingTalk group robot: markdown or text, signed, with mentions.

Source: the custom robot documentation of open.dingtalk.com. A robot takes 20 messages a minute and 20,000 bytes each; HTTP 200 with an
`errcode` other than 0 is a refusal.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote_plus

from alerting.notifiers.chat import ChatNotifier
from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.http import answer_json, post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.config import FieldError
from pharos.secret import Secret

_EMPTY = Secret("")
_API = "https://oapi.dingtalk.com/robot/send?access_token="
_SYSTEM_BUSY, _TOO_FAST = -1, (130101, 130102, 90018, 410100)


@dataclass(frozen=True, slots=True)
class DingTalkConfig(HttpNotifierConfig):
    """`dingtalk_configs`. Mentions are templates; a comma-separated result names several people."""

    webhook_url: Secret = _EMPTY
    webhook_url_file: str = ""
    access_token: Secret = _EMPTY
    access_token_file: str = ""
    secret: Secret = _EMPTY
    secret_file: str = ""
    msg_type: Literal["markdown", "text"] = "markdown"
    title: str = '{{ template "pharos.title" . }}'
    text: str = '{{ template "pharos.markdown" . }}'
    at_mobiles: tuple[str, ...] = ()
    at_user_ids: tuple[str, ...] = ()
    at_all: bool = False

    def __post_init__(self) -> None:
        given = [self.webhook_url, self.webhook_url_file, self.access_token, self.access_token_file]
        if sum(map(bool, given)) != 1:
            raise FieldError(
                "webhook_url",
                "exactly one of webhook_url, webhook_url_file, access_token and access_token_file must be configured",
            )


@notifiers.register("dingtalk", config=DingTalkConfig)
class DingTalkNotifier(ChatNotifier):
    """Post to a DingTalk group."""

    limit_bytes = 19_500
    default_rate = RateLimit(messages=20)

    def __init__(self, config: DingTalkConfig, context: Context) -> None:
        robot = config.webhook_url.reveal() or config.access_token.reveal()
        super().__init__(config, context, robot or config.webhook_url_file or config.access_token_file)

    def envelope(self, title: str, text: str, notifications: Sequence[Notification]) -> dict[str, Any]:
        mobiles = self._people(self.config.at_mobiles, notifications)
        users = self._people(self.config.at_user_ids, notifications)
        # Only people whose number also stands in the text are mentioned in markdown.
        mentions = " ".join(f"@{one}" for one in [*mobiles, *users])
        body = f"{text}\n\n{mentions}" if mentions else text
        at = {"atMobiles": mobiles, "atUserIds": users, "isAtAll": self.config.at_all}
        if self.config.msg_type == "text":
            return {"msgtype": "text", "text": {"content": f"{title}\n\n{body}"}, "at": at}
        return {"msgtype": "markdown", "markdown": {"title": title, "text": f"### {title}\n\n{body}"}, "at": at}

    def _people(self, templates: tuple[str, ...], notifications: Sequence[Notification]) -> list[str]:
        rendered = [self.context.render(one, data) for data in notifications for one in templates]
        return list(dict.fromkeys(part.strip() for text in rendered for part in text.split(",") if part.strip()))

    async def send(self, message: Message) -> str:
        config = self.config
        url = secret_text(config.webhook_url, config.webhook_url_file)
        if not url:
            url = _API + secret_text(config.access_token, config.access_token_file)
        secret = secret_text(config.secret, config.secret_file)
        if secret:
            stamp = str(int(self.context.clock.now() * 1000))
            url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={sign(stamp, secret)}"
        text = await post(self.context, config.http_config, url, message.body)
        check_answer(answer_json(text), "DingTalk", "errcode", "errmsg", _TOO_FAST, (_SYSTEM_BUSY,))
        return text


def sign(timestamp: str, secret: str) -> str:
    """HMAC-SHA256 of timestamp, newline and secret, keyed with the secret; base64, percent-encoded."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return quote_plus(base64.b64encode(digest))


def check_answer(
    answer: dict[str, Any], chat: str, code_key: str, text_key: str, too_fast: Sequence[int], busy: Sequence[int] = ()
) -> None:
    """Raise `DeliveryError` when an answer with HTTP 200 says in its body that the message was refused."""
    code = answer.get(code_key)
    if code == 0:
        return
    message = f"{chat} refused the message: {code_key} {code}, {answer.get(text_key, 'no reason given')}"
    if code in too_fast:
        raise DeliveryError(message, retryable=True, reason="rate_limited", wait_s=60)
    raise DeliveryError(message, retryable=code in busy, reason="refused")
