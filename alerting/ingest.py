"""Alerts out of the body of `POST /api/v2/alerts`."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from alerting.alert import Alert
from alerting.moments import parse
from pharos.labels import LabelSet, is_valid_utf8_name


@dataclass(slots=True)
class Parsed:
    """What a body says: good alerts by labels, and what was wrong with the others."""

    alerts: list[tuple[LabelSet, Alert]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    firing: int = 0


class BodyError(ValueError):
    """The body as a whole cannot be used."""


def parse_alerts(body: bytes, now: float, resolve_timeout_s: float) -> Parsed:
    """All alerts of a body. One bad alert does not hold the others back. Raises `BodyError`."""
    try:
        items = orjson.loads(body)
    except ValueError as error:
        raise BodyError(f'parsing alerts body from "" failed, because {error}') from error
    if not isinstance(items, list):
        raise BodyError("parsing alerts body failed, because a list of alerts was expected")
    out = Parsed()
    for item in items:
        try:
            key, alert = _alert(item, now, resolve_timeout_s)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            out.errors.append(_text(error))
            continue
        out.alerts.append((key, alert))
        out.firing += alert.ends_at > now
    return out


def _alert(item: Any, now: float, resolve_timeout_s: float) -> tuple[LabelSet, Alert]:
    if type(item) is not dict or type(item["labels"]) is not dict:
        raise TypeError("an alert must be an object with labels as an object")
    key = tuple(sorted([pair for pair in item["labels"].items() if pair[1]]))
    starts, ends = item.get("startsAt"), item.get("endsAt")
    starts_at = parse(str(starts)) if starts else 0.0
    ends_at = parse(str(ends)) if ends else 0.0
    if not starts_at:
        starts_at = ends_at or now
    timed_out = not ends_at
    if timed_out:
        ends_at = now + resolve_timeout_s
    if ends_at < starts_at:
        raise ValueError("start time must be before end time")
    _check(key)
    annotations, url = item.get("annotations") or {}, item.get("generatorURL") or ""
    if type(url) is not str or type(annotations) is not dict or not all(type(v) is str for v in annotations.values()):
        raise TypeError("annotations must be an object of texts, generatorURL a text")
    return key, Alert(starts_at, ends_at, now, annotations, url, timed_out)


def _check(key: LabelSet) -> None:
    if not key:
        raise ValueError("at least one label pair required")
    for name, value in key:
        if not (name.isascii() and name.isidentifier()) and not is_valid_utf8_name(name):
            raise ValueError(f"invalid label set: invalid name {name!r}")
        if not isinstance(value, str):
            raise TypeError(f"invalid label set: the value of {name!r} must be text")


def _text(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the key {error} is missing"
    return str(error)
