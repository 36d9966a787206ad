"""Posting JSON to a chat: what counts as taken, what may be tried again."""

from collections.abc import Mapping
from typing import Any

import orjson

from alerting.notifiers.context import Context
from alerting.notifiers.errors import DeliveryError
from pharos.http.client_options import HttpClientConfig, redact_url

_ANSWER_CHARS = 2000


async def post(
    context: Context,
    config: HttpClientConfig | None,
    url: str,
    body: bytes | str,
    *,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 30.0,
    retry_codes: tuple[int, ...] = (429,),
) -> str:
    """The answer's text. Raises `DeliveryError`; 5xx and `retry_codes` may be tried again, URLs in messages lose their secrets."""
    import httpx

    content = body.encode() if isinstance(body, str) else body
    given = {"Content-Type": "application/json", **(headers or {})}
    try:
        answer = await context.client(config).post(url, content=content, headers=given, timeout=timeout_s)
    except httpx.TimeoutException as error:
        raise DeliveryError(
            f"no answer from {host(url)} within {timeout_s:g} s", retryable=True, reason="timeout"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise DeliveryError(f"cannot post to {host(url)}: {error or type(error).__name__}", retryable=True) from error
    text = answer.text[:_ANSWER_CHARS]
    if answer.is_success:
        return text
    retryable = answer.status_code >= 500 or answer.status_code in retry_codes
    raise DeliveryError(
        f"unexpected status code {answer.status_code} from {host(url)}: {text[:300]}",
        retryable=retryable,
        reason="rate_limited"
        if answer.status_code == 429
        else ("server_error" if answer.status_code >= 500 else "client_error"),
        wait_s=_retry_after(answer.headers.get("retry-after", "")),
    )


def answer_json(text: str) -> dict[str, Any]:
    """The JSON object of an answer, empty when it is none."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def host(url: str) -> str:
    """What may be shown of a URL: paths and queries of chats are secrets."""
    scheme, _, rest = redact_url(url).partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"


def _retry_after(text: str) -> float:
    return float(text) if text.isdigit() else 0.0
