"""`/metrics` of an exporter: limits, counts and compresses; what is on the page comes from the exporter."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

from exporters.page import PageWriter
from exporters.process import process_metrics
from pharos.exposition import CONTENT_TYPE, Metric, counter, gauge
from pharos.http.connection import Request, Response

HTML: Final = "text/html; charset=utf-8"
_GZIP_FROM_BYTES: Final = 1400
_GZIP_LEVEL: Final = 1


class BadQueryError(ValueError):
    """The request asks for something that cannot be."""


class MetricsEndpoint:
    """Serves the page that `gather` makes from a request."""

    def __init__(
        self,
        gather: Callable[[Request], Awaitable[Iterable[Metric]]],
        *,
        max_requests: int = 40,
        own_metrics: bool = True,
    ) -> None:
        self._gather, self._max_requests, self._own_metrics = gather, max_requests, own_metrics
        self._writer = PageWriter()
        self._in_flight = 0
        self._codes = {200: 0, 500: 0, 503: 0}

    async def serve(self, request: Request) -> Response:
        if self._max_requests and self._in_flight >= self._max_requests:
            self._codes[503] += 1
            return Response(f"Limit of concurrent requests reached ({self._max_requests}), try again later.", 503)
        self._in_flight += 1
        try:
            body = self._writer.render([*await self._gather(request), *self._own()])
        except BadQueryError as error:
            return Response(f"{error}\n", 400)
        except Exception:
            self._codes[500] += 1
            raise
        finally:
            self._in_flight -= 1
        self._codes[200] += 1
        return _answer(request, body)

    def _own(self) -> Iterator[Metric]:
        if not self._own_metrics:
            return
        yield from process_metrics()
        requests = counter("promhttp_metric_handler_requests_total", "Total number of scrapes by HTTP status code.")
        for code, count in self._codes.items():
            requests.add(count, {"code": str(code)})
        yield requests
        yield gauge(
            "promhttp_metric_handler_requests_in_flight", "Current number of scrapes being served.", self._in_flight
        )


def _answer(request: Request, body: bytes) -> Response:
    headers = {}
    if len(body) >= _GZIP_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        from isal import igzip  # a tenth of zlib's time; loaded when a client first asks

        body = igzip.compress(body, _GZIP_LEVEL)
        headers = {"content-encoding": "gzip", "vary": "Accept-Encoding"}
    return Response(body, content_type=CONTENT_TYPE, headers=headers)
