from typing import Any

import httpx
import orjson
import pytest

from alerting.notifiers.errors import DeliveryError
from alerting.notifiers.webhook import WebhookConfig, WebhookNotifier
from pharos.secret import Secret
from tests.support.notifying import FakeContext, Outside, series, told


def built(outside: Outside | None = None, **options: Any) -> WebhookNotifier:
    url = Secret(options.pop("url", "http://x/hook"))
    return WebhookNotifier(WebhookConfig(url=url, **options), FakeContext(outside or Outside()))


def test_payload_of_version_4() -> None:
    (message,) = built().compose([told(series(instance="a"), receiver="team.a")])
    body = orjson.loads(message.body)
    assert body["alerts"][0].pop("fingerprint")
    assert body == {
        "version": "4",
        "groupKey": '{}:{alertname="Down"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "team\\.a",
        "notification_reason": "first notification",
        "groupLabels": {"alertname": "Down"},
        "commonLabels": {"alertname": "Down", "instance": "a"},
        "commonAnnotations": {"summary": "Down fires"},
        "routeLabels": {},
        "externalURL": "http://alerts",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "Down", "instance": "a"},
                "annotations": {"summary": "Down fires"},
                "startsAt": "2027-01-15T07:59:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus/graph",
            }
        ],
    }


def test_max_alerts() -> None:
    (message,) = built(max_alerts=2).compose([told(*(series(instance=str(n)) for n in range(5)))])
    body = orjson.loads(message.body)
    assert (len(body["alerts"]), body["truncatedAlerts"]) == (2, 3)


def test_a_payload_of_ones_own() -> None:
    payload = {"text": "{{ .Status }} {{ .GroupLabels.alertname }}", "list": ["{{ len .Alerts }}", 5]}
    (message,) = built(payload=payload).compose([told()])
    assert orjson.loads(message.body) == {"text": "firing Down", "list": ["1", 5]}


async def test_the_url_is_a_template() -> None:
    outside = Outside()
    notifier = built(outside, url="http://x/{{ .GroupLabels.alertname }}")
    await notifier.send(notifier.compose([told()])[0])
    assert str(outside.requests[0].url) == "http://x/Down"


@pytest.mark.parametrize(("status", "retryable"), [(500, True), (503, True), (429, True), (400, False), (404, False)])
async def test_refusals(status: int, retryable: bool) -> None:
    notifier = built(Outside(lambda request: httpx.Response(status, text="no")), url="http://x/secret-path")
    with pytest.raises(DeliveryError) as caught:
        await notifier.send(notifier.compose([told()])[0])
    assert caught.value.retryable is retryable
    assert "secret-path" not in str(caught.value)


async def test_no_connection_is_retried() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    notifier = built(Outside(refuse))
    with pytest.raises(DeliveryError) as caught:
        await notifier.send(notifier.compose([told()])[0])
    assert caught.value.retryable


async def test_retry_after_is_kept() -> None:
    notifier = built(Outside(lambda request: httpx.Response(429, headers={"Retry-After": "30"})))
    with pytest.raises(DeliveryError) as caught:
        await notifier.send(notifier.compose([told()])[0])
    assert (caught.value.wait_s, caught.value.reason) == (30, "rate_limited")
