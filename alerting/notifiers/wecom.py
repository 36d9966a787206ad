"""WeCom group robot: markdown or text with mentions.

Source: the group robot documentation of developer.work.weixin.qq.com. 20 messages a minute, 4,096 bytes of markdown, 2,048 of text; HTTP
200 with an `errcode` other than 0 is a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alerting.notifiers.chat import ChatNotifier
from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.dingtalk import check_answer
from alerting.notifiers.http import answer_json, post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.config import FieldError
from pharos.secret import Secret

_EMPTY = Secret("")
_API = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
_TOO_FAST, _SYSTEM_BUSY = (45009, 45033), -1


@dataclass(frozen=True, slots=True)
class WeComConfig(HttpNotifierConfig):
    """`wecom_configs`. Mentions by mobile number only work with `msg_type: text`."""

    webhook_url: Secret = _EMPTY
    webhook_url_file: str = ""
    key: Secret = _EMPTY
    msg_type: Literal["markdown", "text"] = "markdown"
    title: str = '{{ template "pharos.title" . }}'
    text: str = '{{ template "pharos.markdown" . }}'
    mentioned_list: tuple[str, ...] = ()
    mentioned_mobile_list: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if sum(map(bool, (self.webhook_url, self.webhook_url_file, self.key))) != 1:
            raise FieldError("webhook_url", "exactly one of webhook_url, webhook_url_file and key must be configured")


@notifiers.register("wecom", config=WeComConfig)
class WeComNotifier(ChatNotifier):
    """Post to a WeCom group."""

    default_rate = RateLimit(messages=20)

    def __init__(self, config: WeComConfig, context: Context) -> None:
        super().__init__(config, context, config.webhook_url.reveal() or config.key.reveal() or config.webhook_url_file)
        self.limit_bytes = 4_096 if config.msg_type == "markdown" else 2_048

    def envelope(self, title: str, text: str, notifications: Sequence[Notification]) -> dict[str, Any]:
        people = [self.context.render(one, notifications[0]) for one in self.config.mentioned_list]
        if self.config.msg_type == "markdown":
            mentions = "".join(f"<@{one}>" for one in people)
            return {"msgtype": "markdown", "markdown": {"content": f"### {title}\n{text}{mentions}"}}
        mobiles = [self.context.render(one, notifications[0]) for one in self.config.mentioned_mobile_list]
        content = {"content": f"{title}\n\n{text}", "mentioned_list": people, "mentioned_mobile_list": mobiles}
        return {"msgtype": "text", "text": content}

    async def send(self, message: Message) -> str:
        config = self.config
        url = secret_text(config.webhook_url, config.webhook_url_file) or _API + config.key.reveal()
        text = await post(self.context, config.http_config, url, message.body)
        check_answer(answer_json(text), "WeCom", "errcode", "errmsg", _TOO_FAST, (_SYSTEM_BUSY,))
        return text
