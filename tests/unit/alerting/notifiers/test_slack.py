import httpx
import orjson
import pytest

from alerting.config.globals import GlobalConfig
from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.slack import SlackConfig, SlackNotifier
from pharos.config import loads
from pharos.secret import Secret
from tests.support.notifying import FakeContext, Outside, series, told


def built(
    text: str = "api_url: http://x/slack", outside: Outside | None = None, shared: GlobalConfig | None = None
) -> SlackNotifier:
    return SlackNotifier(loads(SlackConfig, text), FakeContext(outside or Outside(), shared))


def test_an_attachment() -> None:
    (message,) = built(
        "{api_url: http://x, channel: '#ops', fields: [{title: Env, value: '{{ .CommonLabels.env }}', short: true}]}"
    ).compose([told(series(env="prod"))])
    body = orjson.loads(message.body)
    assert (body["channel"], body["username"]) == ("#ops", "Pharos")
    (attachment,) = body["attachments"]
    assert attachment["title"] == "[FIRING:1] Down"
    assert attachment["title_link"] == "http://ui/alerts"
    assert attachment["color"] == "danger"
    assert attachment["fields"] == [{"title": "Env", "value": "prod", "short": True}]
    assert "*Down fires*" in attachment["text"]


def test_buttons() -> None:
    text = (
        "{api_url: http://x, actions: [{type: button, text: Open, url: '{{ .ExternalURL }}', confirm: {text: Sure?}}]}"
    )
    body = orjson.loads(built(text).compose([told()])[0].body)
    assert body["attachments"][0]["actions"] == [
        {"type": "button", "text": "Open", "url": "http://alerts", "confirm": {"text": "Sure?"}}
    ]


def test_several_notifications_share_messages() -> None:
    messages = built().compose([told(group_key=str(number)) for number in range(50)])
    assert [len(message.parts) for message in messages] == [20, 20, 10]
    assert orjson.loads(messages[0].body)["text"] == "🔥 20 groups: 20 firing"


async def test_the_url_of_the_global_section() -> None:
    outside = Outside()
    notifier = built("{}", outside, GlobalConfig(slack_api_url=Secret("http://global/hook")))
    await notifier.send(notifier.compose([told()])[0])
    assert str(outside.requests[0].url) == "http://global/hook"


async def test_an_app_token() -> None:
    outside = Outside()
    notifier = built("{app_token: xoxb, app_url: 'http://x/post', channel: ops}", outside)
    await notifier.send(notifier.compose([told()])[0])
    assert outside.requests[0].headers["authorization"] == "Bearer xoxb"


async def test_200_with_ok_false_is_a_failure() -> None:
    notifier = built(
        outside=Outside(lambda request: httpx.Response(200, json={"ok": False, "error": "channel_not_found"}))
    )
    with pytest.raises(DeliveryError, match="channel_not_found"):
        await notifier.send(notifier.compose([told()])[0])


def test_no_url_at_all() -> None:
    with pytest.raises(ValueError, match="no Slack API URL"):
        built("{}")
