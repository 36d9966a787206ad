"""The table of routes."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from alerting.api.alerts import AlertsApi
from alerting.api.answers import BadRequestError, json_answer
from alerting.api.history import HistoryApi
from alerting.api.host import Host
from alerting.api.silences import SilencesApi
from alerting.api.status import StatusApi

Handler = Callable[[Request], Awaitable[Response]]


def routes(service: Host) -> list[BaseRoute]:
    """All routes of the API."""
    alerts, status, history = AlertsApi(service), StatusApi(service), HistoryApi(service)
    silences = SilencesApi(service.clock, service.silences, service.silence_journal)
    acks = SilencesApi(service.clock, service.acknowledgements, service.acknowledgement_journal, "acknowledgementID")
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/api/v2/status", status.status),
        ("GET", "/api/v2/receivers", status.receivers),
        ("GET", "/api/v2/alerts", alerts.get_all),
        ("POST", "/api/v2/alerts", alerts.post),
        ("GET", "/api/v2/alerts/groups", alerts.groups),
        ("GET", "/api/v2/silences", silences.get_all),
        ("POST", "/api/v2/silences", silences.post),
        ("GET", "/api/v2/silence/{id}", silences.get),
        ("DELETE", "/api/v2/silence/{id}", silences.delete),
        ("GET", "/api/v2/acknowledgements", acks.get_all),
        ("POST", "/api/v2/acknowledgements", acks.post),
        ("GET", "/api/v2/acknowledgement/{id}", acks.get),
        ("DELETE", "/api/v2/acknowledgement/{id}", acks.delete),
        ("GET", "/api/v2/notifications", history.notifications),
        ("GET", "/api/v2/explain", history.explain),
        ("GET", "/api/v2/destinations", history.destinations),
        ("POST", "/api/v2/receivers/{name}/test", history.test),
    ]
    out: list[BaseRoute] = [Route(path, _guarded(handler), methods=[method]) for method, path, handler in table]
    return [*out, Route("/api/v1/{rest:path}", _gone, methods=["GET", "POST", "PUT", "DELETE"])]


def _guarded(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except BadRequestError as error:
            return json_answer(str(error), 400)

    return answer


async def _gone(_: Request) -> Response:
    return PlainTextResponse("The Alertmanager v1 API was removed, use /api/v2\n", 410)
