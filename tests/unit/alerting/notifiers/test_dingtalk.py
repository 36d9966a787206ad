from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import orjson
import pytest

from alerting.notifiers.dingtalk import DingTalkConfig, DingTalkNotifier, sign
from alerting.notifiers.errors import DeliveryError
from pharos.secret import Secret
from tests.support.notifying import FakeContext, Outside, series, told


def built(outside: Outside, **options: Any) -> DingTalkNotifier:
    return DingTalkNotifier(DingTalkConfig(access_token=Secret("token"), **options), FakeContext(outside))


def test_signature() -> None:
    # printf '1577262236757\nSECret' | openssl dgst -sha256 -hmac SECret -binary | base64
    assert unquote(sign("1577262236757", "SECret")) == "0v9PziT0z4NI+cwmSfzQCE9YrvtxtjHYKaz/i48sS1U="


async def test_a_signed_markdown_message() -> None:
    outside = Outside()
    notifier = built(outside, secret=Secret("SECret"))
    (message,) = notifier.compose([told()])
    await notifier.send(message)
    (request,) = outside.requests
    query = parse_qs(request.url.query.decode())
    assert query["access_token"] == ["token"]
    assert query["timestamp"] == ["1800000000000"]
    assert set(query) == {"access_token", "timestamp", "sign"}
    body = orjson.loads(request.content)
    assert body["msgtype"] == "markdown"
    assert body["markdown"]["title"] == "🔥 [FIRING:1] Down"
    assert "instance: `a:9100`" in body["markdown"]["text"]


def test_mentions_are_templates() -> None:
    notifier = built(Outside(), at_mobiles=("{{ .CommonLabels.phone }}", "139"), at_all=True)
    (message,) = notifier.compose([told(series(phone="138, 137"))])
    body = orjson.loads(message.body)
    assert body["at"] == {"atMobiles": ["138", "137", "139"], "atUserIds": [], "isAtAll": True}
    assert body["markdown"]["text"].endswith("@138 @137 @139")


@pytest.mark.parametrize(
    ("code", "retryable", "wait_s"), [(130101, True, 60), (-1, True, 0), (310000, False, 0), (460101, False, 0)]
)
async def test_200_with_an_error_code_is_a_failure(code: int, retryable: bool, wait_s: float) -> None:
    notifier = built(Outside(lambda request: httpx.Response(200, json={"errcode": code, "errmsg": "no"})))
    with pytest.raises(DeliveryError) as caught:
        await notifier.send(notifier.compose([told()])[0])
    assert (caught.value.retryable, caught.value.wait_s) == (retryable, wait_s)


async def test_an_answer_without_a_code_is_a_failure() -> None:
    notifier = built(Outside(lambda request: httpx.Response(200, text="<html>login</html>")))
    with pytest.raises(DeliveryError):
        await notifier.send(notifier.compose([told()])[0])


def test_messages_keep_within_20000_bytes() -> None:
    notifier = built(Outside())
    messages = notifier.compose(
        [told(series(instance=f"主机-{number}"), group_key=f"g{number}") for number in range(1000)]
    )
    assert max(len(message.body.encode()) for message in messages) <= 20_000
    assert "1000 groups: 1000 firing" in orjson.loads(messages[0].body)["markdown"]["title"]
