"""ASGI layers of every server: authentication, body size, time limit, fixed headers, and answers that never show a traceback."""

import asyncio
import logging
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pharos.http.options import DEFAULT_BODY_LIMIT, DEFAULT_TIMEOUT_S
from pharos.http.webconfig import BasicAuth

logger = logging.getLogger(__name__)


class BodyTooLargeError(HTTPException):
    """The client sent more than the server takes. An `HTTPException`, so that starlette answers it as such."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"request body larger than {limit} bytes")


class Guard:
    """Limits and guards around an application. `auth()` and `headers()` are asked at each request, so a reload takes effect at once."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        auth: Callable[[], BasicAuth | None],
        headers: Callable[[], dict[str, str]],
        body_limit: int = DEFAULT_BODY_LIMIT,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> None:
        self.app, self._auth, self._headers = app, auth, headers
        self._body_limit, self._timeout_s = body_limit, timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket" and not await self._authorised(scope):
                await send({"type": "websocket.close", "code": 1008})
                return
            await self.app(scope, receive, send)
            return
        if not await self._authorised(scope):
            refusal = PlainTextResponse("Unauthorized\n", 401, {"WWW-Authenticate": "Basic"})
            await refusal(scope, receive, send)
            return
        await self._limited(scope, receive, send)

    async def _authorised(self, scope: Scope) -> bool:
        auth = self._auth()
        if auth is None:
            return True
        header = Headers(scope=scope).get("authorization", "")
        return bool(header) and await asyncio.to_thread(auth.allows, header)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = finished = False
        received = 0
        extra = [(name.lower().encode(), value.encode()) for name, value in self._headers().items()]

        async def counted_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._body_limit:
                raise BodyTooLargeError(self._body_limit)
            return message

        async def watched_send(message: Message) -> None:
            nonlocal started, finished
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), *extra]
            elif message["type"] == "http.response.body":
                finished = not message.get("more_body", False)
            await send(message)

        refusal: PlainTextResponse | None = None
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > self._body_limit:
            await self._too_large()(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                await self.app(scope, counted_receive, watched_send)
        except BodyTooLargeError:
            refusal = self._too_large()
        except TimeoutError:
            refusal = PlainTextResponse("The request took too long\n", 503)
        except Exception:
            logger.exception("Request failed", extra={"path": scope.get("path")})
            refusal = PlainTextResponse("Internal server error, see the log\n", 500)
        if refusal is not None and not started:
            await refusal(scope, receive, send)
        elif refusal is not None and not finished:
            # The answer has begun: the only honest end is a broken connection, not a well-formed half.
            raise ConnectionAbortedError("answer cut short")

    def _too_large(self) -> PlainTextResponse:
        return PlainTextResponse(f"request body larger than {self._body_limit} bytes\n", 413)
