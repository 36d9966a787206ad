"""`_bulk` through the official client: bodies are bytes made elsewhere, the reply is asked for in its shortest positional form.

Works with servers 9.x, 8.x (the client's media type says 9, which 8.x refuses: it is rewritten once the server has told its version) and
the Pharos log store. The client's own retries are off: a retry must know which items arrived.
"""

import ssl
from typing import Any, Final

import orjson
from elastic_transport import (
    ApiResponseMeta,
    ConnectionTimeout,
    SerializationError,
    TransportError,
)
from elastic_transport import (
    ConnectionError as TransportConnectionError,
)
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError

from logship.config import ElasticsearchOutput
from logship.outputs.base import Delivery, RetryLaterError, TooLargeError
from logship.outputs.wire import SERIALIZERS, Node, PackingNode

REPLY: Final = "errors,items.*.status,items.*.error.type,items.*.error.reason"
_LATER: Final = frozenset({408, 429, 500, 502, 503, 504})


class ElasticsearchOutlet:
    """The official client."""

    def __init__(self, config: ElasticsearchOutput) -> None:
        self._config = config
        self._node = type("Node", (PackingNode if config.compression == "gzip" else Node,), {})
        self._client = self._connect()
        self._greeted = False

    def _connect(self) -> Elasticsearch:
        config = self._config
        more: dict[str, Any] = {}
        if config.username:
            more["basic_auth"] = (str(config.username), config.password.reveal())
        if key := config.api_key.reveal():
            more["api_key"] = key
        if any(url.startswith("https") for url in config.urls):
            context = ssl.create_default_context(cafile=config.ca_file or None)
            if config.insecure_skip_verify:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            more["ssl_context"] = context
        return Elasticsearch(
            [str(url) for url in config.urls],
            node_class=self._node,
            serializers=SERIALIZERS,
            request_timeout=float(config.timeout),
            max_retries=0,
            retry_on_timeout=False,
            **more,
        )

    def send(self, items: list[bytes]) -> Delivery:
        """One `_bulk`. Raises `RetryLaterError` or `TooLargeError`."""
        try:
            if not self._greeted:
                self._greet()
            body: Any = b"".join(items)  # the client takes bytes as they are; its type hints do not say so
            reply = self._client.bulk(operations=body, filter_path=REPLY)
        except ApiError as error:
            raise self._failure(error.meta, str(error)) from error
        except (TransportError, UnsupportedProductError, ValueError) as error:
            raise RetryLaterError(_reason(error), f"{type(error).__name__}: {error}") from error
        return self._judge(reply.body, len(items))

    def _greet(self) -> None:
        """Ask the server's version once, with a media type every server takes."""
        headers = {"accept": "application/json"}
        if self._config.username or self._config.api_key.reveal():
            headers |= dict(self._client._headers)
            headers["accept"] = "application/json"
        answer = self._client.transport.perform_request("GET", "/", headers=headers)
        if answer.meta.status == 200 and isinstance(answer.body, dict):
            number = str(answer.body.get("version", {}).get("number", "9"))
            self._node.major = int(number.partition(".")[0])  # type: ignore[attr-defined]
        elif answer.meta.status in _LATER:
            raise self._failure(answer.meta, "the server is not ready")
        self._greeted = True

    def _failure(self, meta: ApiResponseMeta, detail: str) -> Exception:
        if meta.status == 413:
            return TooLargeError(detail)
        after = meta.headers.get("retry-after") or ""
        return RetryLaterError(f"http_{meta.status}", detail, float(after) if after.isdigit() else None)

    @staticmethod
    def _judge(reply: Any, count: int) -> Delivery:
        if not isinstance(reply, dict) or "errors" not in reply:
            raise RetryLaterError("bad_reply", "the answer to _bulk is none of Elasticsearch's")
        delivery = Delivery()
        if not reply["errors"]:
            return delivery
        results = reply.get("items", [])
        if len(results) != count:
            raise RetryLaterError("bad_reply", f"{len(results)} results for {count} items")
        for at, item in enumerate(results):
            (result,) = item.values()
            status = result["status"]
            if status == 409:
                delivery.known += 1
            elif status in _LATER:
                delivery.later.append(at)
            elif status >= 400:
                delivery.refused.append((at, orjson.dumps(result.get("error", {"status": status})).decode()))
        return delivery

    def close(self) -> None:
        self._client.close()


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionTimeout):
        return "timeout"
    if isinstance(error, TransportConnectionError):
        return "connection"
    return "bad_reply" if isinstance(error, SerializationError | UnsupportedProductError | ValueError) else "transport"
