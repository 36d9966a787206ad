"""Feishu and Lark group robot: interactive cards, signed.

Source: the custom robot documentation of open.feishu.cn. The signature's key is "<seconds>\\n<secret>" over the empty text; a body may
have 20 KB; HTTP 200 with a `code` other than 0 is a refusal.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from alerting.notifiers.chat import ChatNotifier
from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.dingtalk import check_answer
from alerting.notifiers.http import answer_json, post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.config import FieldError
from pharos.secret import Secret

_EMPTY = Secret("")
_TOO_FAST = (9499, 11232, 11247)


@dataclass(frozen=True, slots=True)
class FeishuConfig(HttpNotifierConfig):
    """`feishu_configs`. Mentions are open ids, or `all`."""

    webhook_url: Secret = _EMPTY
    webhook_url_file: str = ""
    secret: Secret = _EMPTY
    secret_file: str = ""
    msg_type: Literal["card", "text"] = "card"
    title: str = '{{ template "pharos.title" . }}'
    text: str = '{{ template "pharos.markdown" . }}'
    at_user_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.webhook_url) == bool(self.webhook_url_file):
            raise FieldError("webhook_url", "exactly one of webhook_url and webhook_url_file must be configured")


@notifiers.register("feishu", config=FeishuConfig)
class FeishuNotifier(ChatNotifier):
    """Post to a Feishu group."""

    limit_bytes = 19_000
    default_rate = RateLimit(messages=90)

    def __init__(self, config: FeishuConfig, context: Context) -> None:
        super().__init__(config, context, config.webhook_url.reveal() or config.webhook_url_file)

    def envelope(self, title: str, text: str, notifications: Sequence[Notification]) -> dict[str, Any]:
        people = [self.context.render(one, notifications[0]) for one in self.config.at_user_ids]
        if self.config.msg_type == "text":
            mentions = "".join(f'<at user_id="{one}"></at>' for one in people)
            return {"msg_type": "text", "content": {"text": f"{title}\n\n{text}{mentions}"}}
        mentions = "".join(f"<at id={one}></at>" for one in people)
        firing = any(one.Status == "firing" for one in notifications)
        return {
            "msg_type": "interactive",
            "card": {
                "config": {"wide_screen_mode": True},
                "header": {
                    "template": "red" if firing else "green",
                    "title": {"tag": "plain_text", "content": title},
                },
                "elements": [{"tag": "markdown", "content": text + mentions}],
            },
        }

    async def send(self, message: Message) -> str:
        config = self.config
        body = message.body
        secret = secret_text(config.secret, config.secret_file)
        if secret:
            stamp = str(int(self.context.clock.now()))
            body = orjson.dumps({"timestamp": stamp, "sign": sign(stamp, secret), **orjson.loads(body)}).decode()
        url = secret_text(config.webhook_url, config.webhook_url_file)
        text = await post(self.context, config.http_config, url, body)
        answer = answer_json(text)
        # Older robots answer StatusCode where newer ones answer code.
        check_answer({"code": answer.get("StatusCode"), **answer}, "Feishu", "code", "msg", _TOO_FAST)
        return text


def sign(timestamp: str, secret: str) -> str:
    """HMAC-SHA256 of nothing, keyed with timestamp, newline and secret; base64."""
    return base64.b64encode(hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()
