"""`/rules`, `/alerts`, `/alertmanagers`."""

import hashlib
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from collector.api.context import ApiContext
from collector.api.envelope import success
from collector.api.errors import ApiError, bad_parameter
from collector.api.numbers import rfc3339
from collector.api.parameters import Parameters
from collector.promql.parser.numbers import format_float
from collector.rules.alert import Alert
from collector.rules.alerting import AlertingRule
from collector.rules.group import AnyRule, Group
from pharos.matchers import Matcher


async def rules(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/rules`"""
    kind = parameters.text("type").lower()
    if kind not in ("", "alert", "record"):
        raise bad_parameter("type", f"not supported value {parameters.text('type')!r}".replace("'", '"'))
    with_alerts = not _excluded(parameters)
    selectors = parameters.matchers()
    limit, token = _paging(parameters)
    groups, next_token = _page(_chosen(context, parameters), limit, token)
    shown = []
    for group in groups:
        chosen = [rule for rule in group.rules if _wanted(rule, kind, parameters.texts("rule_name[]"), selectors)]
        if chosen or not (kind or parameters.texts("rule_name[]") or selectors):
            shown.append(group_json(group, chosen, with_alerts=with_alerts))
    data: dict[str, Any] = {"groups": shown}
    if next_token:
        data["groupNextToken"] = next_token
    return success(request, data)


def _excluded(parameters: Parameters) -> bool:
    try:
        return parameters.flag("exclude_alerts")
    except ApiError as error:
        text = error.message.split(": ", 1)[1]
        raise bad_parameter("exclude_alerts", f"error converting exclude_alerts: {text}") from error


def _chosen(context: ApiContext, parameters: Parameters) -> list[Group]:
    files, names = set(parameters.texts("file[]")), set(parameters.texts("rule_group[]"))
    return [
        group
        for group in context.rules.groups()
        if (not files or group.file in files) and (not names or group.name in names)
    ]


def _paging(parameters: Parameters) -> tuple[int, str]:
    text, token = parameters.text("group_limit"), parameters.text("group_next_token")
    if token and not text:
        raise bad_parameter("group_limit", "group_limit needs to be present in order to paginate over the groups")
    if not text:
        return 0, ""
    limit = parameters.whole("group_limit")
    if limit <= 0:
        raise bad_parameter("group_limit", "group_limit needs to be greater than 0")
    return limit, token


def _page(groups: Sequence[Group], limit: int, token: str) -> tuple[Sequence[Group], str]:
    if not limit:
        return groups, ""
    tokens = [hashlib.sha1(group.key.encode(), usedforsecurity=False).hexdigest() for group in groups]
    start = 0
    if token:
        if token not in tokens:
            raise bad_parameter("group_next_token", f"invalid group_next_token '{token}'. were rule groups changed?")
        start = tokens.index(token)
    end = start + limit
    return groups[start:end], tokens[end] if end < len(groups) else ""


def _wanted(rule: AnyRule, kind: str, names: list[str], selectors: list[list[Matcher]]) -> bool:
    if kind and (kind == "alert") != isinstance(rule, AlertingRule):
        return False
    if names and rule.name not in names:
        return False
    return not selectors or any(all(matcher.matches(rule.labels) for matcher in one) for one in selectors)


def group_json(group: Group, chosen: list[AnyRule], *, with_alerts: bool = True) -> dict[str, Any]:
    """A group with some of its rules."""
    return {
        "name": group.name,
        "file": group.file,
        "rules": [rule_json(rule, with_alerts=with_alerts) for rule in chosen],
        "interval": group.interval_ms / 1000,
        "limit": group.limit,
        "evaluationTime": group.last_duration_s,
        "lastEvaluation": rfc3339(group.last_at_s),
    }


def rule_json(rule: AnyRule, *, with_alerts: bool = True) -> dict[str, Any]:
    """One rule."""
    state = rule.state
    tail: dict[str, Any] = {
        "health": state.health,
        **({"lastError": state.last_error} if state.last_error else {}),
        "evaluationTime": state.last_duration_s,
        "lastEvaluation": rfc3339(state.last_at_s),
    }
    if isinstance(rule, AlertingRule):
        return {
            "state": rule.worst,
            "name": rule.name,
            "query": rule.query,
            "duration": rule.hold_ms / 1000,
            "keepFiringFor": rule.keep_firing_ms / 1000,
            "labels": rule.labels,
            "annotations": rule.annotations,
            "alerts": [alert_json(alert) for alert in rule.active] if with_alerts else None,
            **tail,
            "type": "alerting",
        }
    labels = {"labels": rule.labels} if rule.labels else {}
    return {"name": rule.name, "query": rule.query, **labels, **tail, "type": "recording"}


def alert_json(alert: Alert) -> dict[str, Any]:
    """One active alert."""
    out: dict[str, Any] = {
        "labels": alert.labels,
        "annotations": alert.annotations,
        "state": alert.state,
        "activeAt": rfc3339(alert.active_at_ms / 1000),
    }
    if alert.keep_firing_since_ms:
        out["keepFiringSince"] = rfc3339(alert.keep_firing_since_ms / 1000)
    return {**out, "value": exponent_text(alert.value)}


def exponent_text(value: float) -> str:
    """A number with an exponent and the shortest digits, as Prometheus shows the value of an alert: `1e+00`, `1.25e+03`."""
    text = format_float(value)
    if text in ("NaN", "+Inf", "-Inf"):
        return text
    from decimal import Decimal

    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent) if any(digits) else 0
    figures = "".join(map(str, digits))
    body = f"{figures[0]}.{figures[1:]}" if len(figures) > 1 else figures
    return f"{'-' if sign else ''}{body}e{'-' if power < 0 else '+'}{abs(power):02d}"


async def alerts(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/alerts`"""
    active = [alert_json(alert) for group in context.rules.groups() for rule in group.alerting for alert in rule.active]
    return success(request, {"alerts": active})


async def alertmanagers(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/alertmanagers`"""
    active, dropped = context.rules.alertmanagers()
    data = {
        "activeAlertmanagers": [{"url": url} for url in active],
        "droppedAlertmanagers": [{"url": url} for url in dropped],
    }
    return success(request, data)
