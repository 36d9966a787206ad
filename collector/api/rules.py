"""`/rules`, `/alerts`, `/alertmanagers`."""

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from collector.api.context import ApiContext
from collector.api.envelope import success
from collector.api.errors import ApiError, bad_parameter
from collector.api.numbers import number, rfc3339
from collector.api.parameters import Parameters, named_selectors
from collector.promql.parser.numbers import format_float
from collector.rules.alert import Alert
from collector.rules.alerting import AlertingRule
from collector.rules.group import AnyRule, Group
from pharos.gotemplate.gofmt import quote
from pharos.matchers import Matcher


async def rules(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """`/api/v1/rules`"""
    kind = parameters.text("type").lower()
    if kind not in ("", "alert", "record"):
        raise bad_parameter("type", f"not supported value {quote(kind)}")
    with_alerts = not _excluded(parameters)
    selectors = named_selectors(parameters)
    limit, token = _paging(parameters)
    names = parameters.texts("rule_name[]")
    found = (
        (group, [rule for rule in group.rules if _wanted(rule, kind, names, selectors)])
        for group in _from(_chosen(context, parameters), token)
    )
    filled = [(group, chosen) for group, chosen in found if chosen]
    shown = [group_json(group, chosen, with_alerts=with_alerts) for group, chosen in filled[: limit or None]]
    next_token = _token(filled[limit][0]) if 0 < limit < len(filled) else ""
    data: dict[str, Any] = {"groups": shown}
    if next_token:
        data["groupNextToken"] = next_token
    return success(request, data)


def _excluded(parameters: Parameters) -> bool:
    try:
        return parameters.flag("exclude_alerts", lowered=True)
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
        raise bad_parameter("group_next_token", "group_limit needs to be present in order to paginate over the groups")
    if not text:
        return 0, ""
    try:
        limit = parameters.whole("group_limit", parser="strconv.ParseInt")
    except ApiError as error:
        problem = error.message.split(": ", 1)[1]
        raise bad_parameter("group_limit", f"group_limit needs to be a valid number: {problem}") from error
    if limit <= 0:
        raise bad_parameter("group_limit", "group_limit needs to be greater than 0")
    return limit, token


def _token(group: Group) -> str:
    return hashlib.sha1(group.key.encode(), usedforsecurity=False).hexdigest()


def _from(groups: list[Group], token: str) -> list[Group]:
    """The groups from the one that a token names."""
    if not token:
        return groups
    tokens = [_token(group) for group in groups]
    if token not in tokens:
        raise bad_parameter("group_next_token", f"invalid group_next_token '{token}'. were rule groups changed?")
    return groups[tokens.index(token) :]


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
        "interval": number(group.interval_ms / 1000),
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
            "duration": number(rule.hold_ms / 1000),
            "keepFiringFor": number(rule.keep_firing_ms / 1000),
            "labels": dict(sorted(rule.labels.items())),
            "annotations": rule.annotations,
            "alerts": [alert_json(alert) for alert in rule.active] if with_alerts else None,
            **tail,
            "type": "alerting",
        }
    labels = {"labels": dict(sorted(rule.labels.items()))} if rule.labels else {}
    return {"name": rule.name, "query": rule.query, **labels, **tail, "type": "recording"}


def alert_json(alert: Alert) -> dict[str, Any]:
    """One active alert."""
    out: dict[str, Any] = {
        "labels": dict(sorted(alert.labels.items())),
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
