"""Contracts that every notifier keeps."""

from typing import Any

import httpx
import pytest

from alerting import notifiers as package
from alerting.config.globals import GlobalConfig
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.registry import Notifier, notifiers
from pharos.config import loads
from tests.support.notifying import FakeContext, Outside, series, told

package.load()
CONFIGS = {
    "webhook": "url: http://x/hook",
    "slack": "api_url: http://x/slack",
    "dingtalk": "access_token: abc",
    "feishu": "webhook_url: http://x/feishu",
    "wecom": "key: abc",
    "telegram": "{bot_token: t, chat_id: 1}",
    "msteams": "webhook_url: http://x/teams",
    "msteamsv2": "webhook_url: http://x/teams2",
    "discord": "webhook_url: http://x/discord",
    "email": "{to: a@x, from: b@x, smarthost: 'x:25'}",
    "pagerduty": "routing_key: abc",
    "file": "path: /tmp/x.log",
}
KINDS = [plugin.name for plugin in notifiers]


def notifier(kind: str, text: str = "", outside: Outside | None = None) -> Notifier:
    plugin = notifiers[kind]
    config: Any = loads(plugin.facts["config"], text or CONFIGS[kind])
    return plugin.factory(config, FakeContext(outside or Outside(), GlobalConfig()))


@pytest.mark.parametrize("kind", KINDS)
def test_one_notification_is_one_message_that_names_the_alert(kind: str) -> None:
    (message,) = notifier(kind).compose([told(series("DiskFull", instance="host-7"))])
    assert message.parts == (0,)
    assert "host-7" in message.body or kind == "pagerduty"
    assert "DiskFull" in message.body


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_alerts_all_find_their_way(kind: str) -> None:
    many = [told(series("Storm", instance=f"host-{number}-end"), group_key=f"g{number}") for number in range(300)]
    built = notifier(kind)
    messages = built.compose(many)
    assert {part for message in messages for part in message.parts} == set(range(300))
    text = "".join(message.body for message in messages)
    if kind != "pagerduty":  # an incident for each group; labels are in its details
        assert all(f"host-{number}-end" in text for number in range(300))
    limit = getattr(built, "limit_bytes", 0)
    assert not limit or max(len(message.body.encode()) for message in messages) <= limit + 500


@pytest.mark.parametrize("kind", KINDS)
def test_a_big_group_is_told_whole(kind: str) -> None:
    messages = notifier(kind).compose(
        [told(*(series("Storm", instance=f"host-{number}-end") for number in range(300)))]
    )
    text = "".join(message.body for message in messages)
    if kind != "pagerduty":
        assert all(f"host-{number}-end" in text for number in range(300))


@pytest.mark.parametrize("kind", KINDS)
def test_rate_limit_can_be_set(kind: str) -> None:
    text = CONFIGS[kind]
    text = (
        text[:-1] + ", rate_limit: {messages: 3, per: 10s}}"
        if text.startswith("{")
        else f"{text}\nrate_limit: {{messages: 3, per: 10s}}"
    )
    assert notifier(kind, text).rate_limit.messages == 3


ANSWERS: dict[str, Any] = {"errcode": 0, "code": 0, "ok": True}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("email", "file")])
async def test_sending_over_http(kind: str) -> None:
    outside = Outside(lambda request: httpx.Response(200, json=ANSWERS))
    built = notifier(kind, outside=outside)
    await built.send(built.compose([told()])[0])
    assert len(outside.requests) == 1
    assert outside.requests[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("email", "file")])
async def test_a_server_error_is_retried_and_shows_no_secret(kind: str) -> None:
    built = notifier(kind, outside=Outside(lambda request: httpx.Response(502, text="bad gateway")))
    with pytest.raises(DeliveryError) as caught:
        await built.send(built.compose([told()])[0])
    assert caught.value.retryable
    assert "abc" not in str(caught.value)
