import base64
import hashlib
import hmac

import httpx
import orjson
import pytest

from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.feishu import FeishuConfig, FeishuNotifier, sign
from pharos.secret import Secret
from tests.support.notifying import FakeContext, Outside, series, told


def built(outside: Outside, secret: str = "") -> FeishuNotifier:
    return FeishuNotifier(
        FeishuConfig(webhook_url=Secret("http://x/hook"), secret=Secret(secret)), FakeContext(outside)
    )


def test_the_string_is_the_key() -> None:
    expected = hmac.new(b"1599360473\nsecret", b"", hashlib.sha256).digest()
    assert base64.b64decode(sign("1599360473", "secret")) == expected


async def test_a_signed_card() -> None:
    outside = Outside()
    notifier = built(outside, "secret")
    await notifier.send(notifier.compose([told()])[0])
    body = orjson.loads(outside.requests[0].content)
    assert body["timestamp"] == "1800000000"
    assert body["sign"] == sign("1800000000", "secret")
    assert body["card"]["header"] == {
        "template": "red",
        "title": {"tag": "plain_text", "content": "🔥 [FIRING:1] Down"},
    }


def test_resolved_is_green() -> None:
    (message,) = built(Outside()).compose([told(resolved=(series(),))])
    assert orjson.loads(message.body)["card"]["header"]["template"] == "green"


@pytest.mark.parametrize(
    ("answer", "good"), [({"code": 0}, True), ({"StatusCode": 0}, True), ({"code": 19021}, False), ({}, False)]
)
async def test_answers(answer: dict[str, int], good: bool) -> None:
    notifier = built(Outside(lambda request: httpx.Response(200, json=answer)))
    message = notifier.compose([told()])[0]
    if good:
        await notifier.send(message)
    else:
        with pytest.raises(DeliveryError):
            await notifier.send(message)
