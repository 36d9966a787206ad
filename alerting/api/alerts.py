"""`/api/v2/alerts` and `/api/v2/alerts/groups`."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from alerting.alert import Mutes, Series
from alerting.api.answers import BadRequestError, flag, json_answer, matchers, number, receiver_pattern
from alerting.api.host import Host
from alerting.dispatch.group import Group
from alerting.ingest import BodyError, parse_alerts
from alerting.moments import milliseconds

_MAX_PAGE = 1_000_000


class AlertsApi:
    """Handlers about alerts."""

    def __init__(self, service: Host) -> None:
        self._service = service

    async def post(self, request: Request) -> Response:
        """Take alerts. Good ones are taken even when others in the body are bad; the answer is 400 then."""
        service = self._service
        now = service.clock.now()
        try:
            parsed = parse_alerts(await request.body(), now, service.config.globals.resolve_timeout)
        except BodyError as error:
            return json_answer({"code": 400, "message": str(error)}, 400)
        service.engine.put(parsed.alerts, now)
        service.wake()
        service.metrics.firing.inc(parsed.firing)
        service.metrics.resolved.inc(len(parsed.alerts) - parsed.firing)
        if parsed.errors:
            service.metrics.invalid.inc(len(parsed.errors))
            return json_answer("\n".join(parsed.errors), 400)
        return Response()

    async def get_all(self, request: Request) -> Response:
        """Alerts by fingerprint; `limit` and `offset` page through them, `X-Total-Count` says how many there are."""
        engine, now = self._service.engine, self._service.clock.now()
        wanted = self._filter(request)
        limit, offset = number(request, "limit", _MAX_PAGE, _MAX_PAGE), number(request, "offset", 0, _MAX_PAGE)
        found = [one for one in engine.store.ordered() if one.alert.ends_at > now and wanted(one)]
        page = found[offset : offset + limit]
        answer = [self._alert(one, engine.mutes(one, None, now), self._receivers(one)) for one in page]
        return json_answer(answer, headers={"X-Total-Count": str(len(found))})

    async def groups(self, request: Request) -> Response:
        """Groups with their alerts, sorted by labels and receiver."""
        engine, now = self._service.engine, self._service.clock.now()
        wanted, pattern = self._filter(request, by_receiver=False), receiver_pattern(request)
        with_muted = flag(request, "muted")
        out = []
        for group in engine.dispatcher:
            muted_by = engine.muted_by(group.route, now)
            if (pattern is not None and not pattern.matches(group.route.receiver)) or (muted_by and not with_muted):
                continue
            members = [one for one in group.members.values() if one.alert.ends_at > now and wanted(one)]
            if members:
                out.append(self._group(group, members, now))
        out.sort(key=lambda one: (len(one["labels"]), sorted(one["labels"].items()), one["receiver"]["name"]))
        return json_answer(out)

    def _group(self, group: Group, members: list[Series], now: float) -> dict[str, Any]:
        engine = self._service.engine
        members.sort(key=lambda one: one.order)
        return {
            "labels": dict(group.labels),
            "routeLabels": group.route.labels,
            "receiver": {"name": group.route.receiver},
            "alerts": [self._alert(one, engine.mutes(one, group.route, now), self._receivers(one)) for one in members],
        }

    def _filter(self, request: Request, *, by_receiver: bool = True) -> Callable[[Series], bool]:
        """What the parameters ask for. Raises `BadRequestError`."""
        engine, now = self._service.engine, self._service.clock.now()
        wanted = matchers(request)
        active, silenced, inhibited = (flag(request, name) for name in ("active", "silenced", "inhibited"))
        flag(request, "unprocessed")  # nothing stays unprocessed here
        pattern = receiver_pattern(request) if by_receiver else None
        owners = matchers(request, "receiver_matchers")
        labels = {
            receiver.name: {"name": receiver.name, **receiver.labels} for receiver in self._service.config.receivers
        }

        def keep(series: Series) -> bool:
            if not all(matcher.matches(series.labels) for matcher in wanted):
                return False
            if pattern is not None and not any(pattern.matches(name) for name in self._receivers(series)):
                return False
            if owners and not any(
                all(owner.matches(labels.get(name, {})) for owner in owners) for name in self._receivers(series)
            ):
                return False
            if active and silenced and inhibited:
                return True
            mutes = engine.mutes(series, None, now)
            if mutes.silenced_by and not silenced:
                return False
            if mutes.inhibited_by and not inhibited:
                return False
            return active or bool(mutes.silenced_by or mutes.inhibited_by)

        return keep

    def _receivers(self, series: Series) -> list[str]:
        return [route.receiver for route in self._service.engine.dispatcher.routes(series)]

    def _alert(self, series: Series, mutes: Mutes, receivers: list[str]) -> dict[str, Any]:
        alert = series.alert
        muted = mutes.silenced_by or mutes.inhibited_by or mutes.muted_by
        return {
            "annotations": alert.annotations,
            "endsAt": milliseconds(alert.ends_at),
            "fingerprint": series.fingerprint,
            "receivers": [{"name": name} for name in receivers],
            "startsAt": milliseconds(alert.starts_at),
            "status": {
                "acknowledgedBy": list(mutes.acknowledged_by),
                "inhibitedBy": list(mutes.inhibited_by),
                "mutedBy": list(mutes.muted_by),
                "silencedBy": list(mutes.silenced_by),
                "state": "suppressed" if muted else "active",
            },
            "updatedAt": milliseconds(alert.updated_at),
            "generatorURL": alert.generator_url,
            "labels": series.labels,
        }


__all__ = ["AlertsApi", "BadRequestError"]
