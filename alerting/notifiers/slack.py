"""Slack: incoming webhooks and app tokens, with Alertmanager's options."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from alerting.notifiers.chat import digest_title
from alerting.notifiers.context import Context, secret_text
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.http import answer_json, post
from alerting.notifiers.registry import HttpNotifierConfig, Message, RateLimit, notifiers
from alerting.templates.data import Notification
from pharos.secret import Secret

_EMPTY = Secret("")
_MAX_TITLE_CHARS = 1024
_ATTACHMENTS = 20  # more are allowed, but Slack folds them away
_RATE = RateLimit(messages=60)  # about one a second for each webhook


@dataclass(frozen=True, slots=True)
class SlackConfirmation:
    """A question before an action."""

    text: str
    title: str = ""
    ok_text: str = ""
    dismiss_text: str = ""


@dataclass(frozen=True, slots=True)
class SlackAction:
    """A button."""

    type: str
    text: str
    url: str = ""
    style: str = ""
    name: str = ""
    value: str = ""
    confirm: SlackConfirmation | None = None


@dataclass(frozen=True, slots=True)
class SlackField:
    """A field of an attachment."""

    title: str
    value: str
    short: bool | None = None


@dataclass(frozen=True, slots=True)
class SlackConfig(HttpNotifierConfig):
    """`slack_configs`."""

    send_resolved: bool = False
    api_url: Secret = _EMPTY
    api_url_file: str = ""
    app_token: Secret = _EMPTY
    app_token_file: str = ""
    app_url: str = ""
    channel: str = ""
    username: str = '{{ template "slack.default.username" . }}'
    color: str = '{{ template "slack.default.color" . }}'
    title: str = '{{ template "slack.default.title" . }}'
    title_link: str = '{{ template "slack.default.titlelink" . }}'
    pretext: str = '{{ template "slack.default.pretext" . }}'
    text: str = '{{ template "slack.default.text" . }}'
    message_text: str = ""
    fields: tuple[SlackField, ...] = ()
    short_fields: bool = False
    footer: str = '{{ template "slack.default.footer" . }}'
    fallback: str = '{{ template "slack.default.fallback" . }}'
    callback_id: str = '{{ template "slack.default.callbackid" . }}'
    icon_emoji: str = '{{ template "slack.default.iconemoji" . }}'
    icon_url: str = '{{ template "slack.default.iconurl" . }}'
    image_url: str = ""
    thumb_url: str = ""
    link_names: bool = False
    mrkdwn_in: tuple[str, ...] = ("fallback", "pretext", "text")
    actions: tuple[SlackAction, ...] = ()
    update_message: bool = False
    timeout: float = 0


@notifiers.register("slack", config=SlackConfig)
class SlackNotifier:
    """Post to a Slack channel."""

    def __init__(self, config: SlackConfig, context: Context) -> None:
        self._config, self._context = config, context
        self.rate_limit = config.rate_limit or _RATE
        url, _ = self._address()
        if not url:
            raise ValueError("slack_configs: no Slack API URL nor app token set, in the receiver or globally")
        self.robot = f"{url}#{config.channel}"

    def compose(self, notifications: Sequence[Notification]) -> list[Message]:
        """An attachment each; several notifications share messages."""
        out = []
        for start in range(0, len(notifications), _ATTACHMENTS):
            chunk = notifications[start : start + _ATTACHMENTS]
            body = self._body(chunk)
            parts = tuple(range(start, start + len(chunk)))
            out.append(Message(orjson.dumps(body).decode(), parts))
        return out

    def _body(self, notifications: Sequence[Notification]) -> dict[str, Any]:
        config, first = self._config, notifications[0]
        texts = {
            "channel": self._render(config.channel, first),
            "username": self._render(config.username, first),
            "icon_emoji": self._render(config.icon_emoji, first),
            "icon_url": self._render(config.icon_url, first),
            "text": self._render(config.message_text, first)
            if len(notifications) == 1
            else digest_title(notifications),
        }
        body: dict[str, Any] = {key: value for key, value in texts.items() if value}
        body["link_names"] = config.link_names
        body["attachments"] = [self._attachment(one) for one in notifications]
        return body

    def _attachment(self, notification: Notification) -> dict[str, Any]:
        config = self._config
        names = (
            "title_link",
            "pretext",
            "text",
            "fallback",
            "callback_id",
            "color",
            "image_url",
            "thumb_url",
            "footer",
        )
        out: dict[str, Any] = {name: self._render(getattr(config, name), notification) for name in names}
        out["title"] = self._render(config.title, notification)[:_MAX_TITLE_CHARS]
        out["mrkdwn_in"] = list(config.mrkdwn_in)
        if config.fields:
            out["fields"] = [
                {
                    "title": self._render(field.title, notification),
                    "value": self._render(field.value, notification),
                    "short": config.short_fields if field.short is None else field.short,
                }
                for field in config.fields
            ]
        if config.actions:
            out["actions"] = [self._action(action, notification) for action in config.actions]
        return {key: value for key, value in out.items() if value}

    def _action(self, action: SlackAction, notification: Notification) -> dict[str, Any]:
        names = ("type", "text", "url", "style", "name", "value")
        out: dict[str, Any] = {name: self._render(getattr(action, name), notification) for name in names}
        if action.confirm is not None:
            confirm = action.confirm
            out["confirm"] = {
                name: self._render(getattr(confirm, name), notification)
                for name in ("title", "text", "ok_text", "dismiss_text")
                if getattr(confirm, name)
            }
        return {key: value for key, value in out.items() if value}

    def _render(self, text: str, notification: Notification) -> str:
        return self._context.render(text, notification).strip()

    def _address(self) -> tuple[str, str]:
        """URL and bearer token; what the receiver says wins over the global section."""
        config, shared = self._config, self._context.globals
        if config.app_token or config.app_token_file:
            return config.app_url or shared.slack_app_url, secret_text(config.app_token, config.app_token_file)
        if config.api_url or config.api_url_file:
            return secret_text(config.api_url, config.api_url_file), ""
        if shared.slack_app_token or shared.slack_app_token_file:
            token = secret_text(shared.slack_app_token, shared.slack_app_token_file)
            return config.app_url or shared.slack_app_url, token
        return secret_text(shared.slack_api_url, shared.slack_api_url_file), ""

    async def send(self, message: Message) -> str:
        url, token = self._address()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout_s = self._config.timeout or 30.0
        text = await post(
            self._context, self._config.http_config, url, message.body, headers=headers, timeout_s=timeout_s
        )
        answer = answer_json(text)
        if answer.get("ok") is False:
            raise DeliveryError(
                f"Slack refused the message: {answer.get('error')}",
                retryable=answer.get("error") in ("ratelimited", "fatal_error", "internal_error"),
                reason="refused",
            )
        return text
