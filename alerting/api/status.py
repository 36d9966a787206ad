"""`/api/v2/status` and `/api/v2/receivers`."""

from starlette.requests import Request
from starlette.responses import Response

from alerting.api.answers import json_answer, matchers
from alerting.api.host import Host
from alerting.moments import milliseconds
from pharos import __version__


class StatusApi:
    """Handlers about the service itself."""

    def __init__(self, service: Host) -> None:
        self._service = service

    async def status(self, _: Request) -> Response:
        version = dict.fromkeys(("branch", "buildDate", "buildUser", "goVersion", "revision"), "")
        return json_answer(
            {
                "cluster": {"status": "disabled", "name": "", "peers": []},
                "config": {"original": self._service.config.original},
                "uptime": milliseconds(self._service.started_at),
                "versionInfo": {**version, "version": __version__},
            }
        )

    async def receivers(self, request: Request) -> Response:
        wanted = matchers(request, "receiver_matchers")
        out = []
        for receiver in self._service.config.receivers:
            labels = {"name": receiver.name, **receiver.labels}
            if all(matcher.matches(labels) for matcher in wanted):
                out.append({"name": receiver.name, "labels": labels})
        return json_answer(out)
