"""What Pharos adds to the API: the history of notifications, explanations, the state of destinations, tests of receivers."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from alerting.api.answers import BadRequestError, json_answer, matchers, number
from alerting.api.host import Host
from alerting.explain import explain
from alerting.journal import Search
from alerting.moments import milliseconds, parse
from alerting.trial import sample, try_out

_MAX_PAGE = 1000
_MAX_EXPLAINED = 100


class HistoryApi:
    """Handlers about what was sent and why."""

    def __init__(self, service: Host) -> None:
        self._service = service

    async def notifications(self, request: Request) -> Response:
        """Attempts, newest first: `receiver`, `fingerprint`, `text`, `result`, `since`, `until`, `limit`, `offset`."""
        query = request.query_params
        result = query.get("result", "")
        if result not in ("", "success", "failure"):
            raise BadRequestError(f"result in query must be success or failure: {result!r}")
        search = Search(
            receiver=query.get("receiver", ""),
            fingerprint=query.get("fingerprint", ""),
            text=query.get("text", ""),
            result=result,
            since=_time(request, "since"),
            until=_time(request, "until"),
            limit=number(request, "limit", 100, _MAX_PAGE),
            offset=number(request, "offset", 0, 1 << 40),
        )
        total, rows = await self._service.journal.search(search)
        return json_answer({"total": total, "notifications": [_shown(row) for row in rows]})

    async def explain(self, request: Request) -> Response:
        """For each alert that `fingerprint` or `filter` names: its way to each destination."""
        engine, now = self._service.engine, self._service.clock.now()
        fingerprint = request.query_params.get("fingerprint", "")
        wanted = matchers(request)
        if not fingerprint and not wanted:
            raise BadRequestError('fingerprint or filter is needed, as in explain?filter=alertname="InstanceDown"')
        found = [
            one
            for one in engine.store.ordered()
            if (not fingerprint or one.fingerprint == fingerprint) and all(each.matches(one.labels) for each in wanted)
        ][:_MAX_EXPLAINED]
        out = []
        for series in found:
            errors = await self._last_errors(series.fingerprint)
            out.append(
                {
                    "fingerprint": series.fingerprint,
                    "labels": series.labels,
                    "state": "resolved" if series.alert.resolved(now) else "firing",
                    "startsAt": milliseconds(series.alert.starts_at),
                    "endsAt": milliseconds(series.alert.ends_at),
                    "destinations": [one.payload() for one in explain(engine, series, errors, now)],
                }
            )
        return json_answer(out)

    async def destinations(self, _: Request) -> Response:
        """Each destination with its queue and budget."""
        now = self._service.clock.monotonic()
        out = []
        for one in self._service.destinations.values():
            limit = one.budget.limit
            out.append(
                {
                    "integration": one.integration,
                    "receiver": one.receiver,
                    "kind": one.kind,
                    "waiting": len(one.waiting),
                    "rateLimit": {"messages": limit.messages, "perSeconds": float(limit.per)}
                    if limit.messages
                    else None,
                    "free": max(0, one.budget.free(now)) if limit.messages else None,
                    "waitSeconds": round(one.budget.wait_s(now), 3),
                }
            )
        return json_answer(out)

    async def test(self, request: Request) -> Response:
        """Send a test alert through a receiver: `{"labels": {}, "annotations": {}, "dryRun": false}`, all optional."""
        service = self._service
        name = request.path_params["name"]
        chosen = [one for one in service.destinations.values() if one.receiver == name]
        if not any(receiver.name == name for receiver in service.config.receivers):
            return json_answer(f"receiver {name!r} not found", 404)
        document = _document(await request.body())
        data = sample(
            name,
            _texts(document, "labels"),
            _texts(document, "annotations"),
            service.clock.now(),
            service.external_url,
            service.ui_url,
        )
        outcomes = await try_out(chosen, data, dry_run=document.get("dryRun") is True)
        return json_answer({"receiver": name, "results": [one.payload() for one in outcomes]})

    async def _last_errors(self, fingerprint: str) -> list[tuple[str, str]]:
        """By integration: the error of the newest attempt, when that failed."""
        _, rows = await self._service.journal.search(Search(fingerprint=fingerprint, limit=50))
        newest: dict[str, str] = {}
        for row in rows:
            newest.setdefault(row["integration"], row["error"])
        return [(integration, error) for integration, error in newest.items() if error]


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body) if body else {}
    except ValueError as error:
        raise BadRequestError(f"parsing the body failed: {error}") from error
    if not isinstance(found, dict):
        raise BadRequestError("expected an object")
    return found


def _texts(document: dict[str, Any], name: str) -> dict[str, str]:
    found = document.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadRequestError(f"{name} must be an object of texts")
    return found


def _time(request: Request, name: str) -> float:
    text = request.query_params.get(name, "")
    try:
        return float(text) if text.replace(".", "", 1).isdigit() else parse(text) if text else 0.0
    except ValueError as error:
        raise BadRequestError(f"{name} in query must be RFC 3339 or seconds since 1970: {text!r}") from error


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    error = {"text": row["error"], "reason": row["error_reason"], "retryable": bool(row["retryable"])}
    return {
        "id": row["id"],
        "at": milliseconds(row["at"]),
        "receiver": row["receiver"],
        "integration": row["integration"],
        "kind": row["kind"],
        "attempt": row["number"],
        "seconds": row["seconds"],
        "success": bool(row["ok"]),
        "error": None if row["ok"] else error,
        "answer": row["answer"],
        "body": row["body"],
        "groups": orjson.loads(row["groups"]),
        "alerts": orjson.loads(row["alerts"]),
    }
