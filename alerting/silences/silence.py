"""A silence: matchers and a span of time in which matching alerts are not told."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from alerting.moments import milliseconds, parse
from pharos.labels import Labels
from pharos.matchers import Matcher, MatchOp

State = Literal["active", "pending", "expired"]


class SilenceError(ValueError):
    """A silence that cannot be."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Times are seconds since 1970."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: float
    ends_at: float
    updated_at: float
    created_by: str = ""
    comment: str = ""
    annotations: Labels = field(default_factory=dict)

    def state(self, now: float) -> State:
        if now < self.starts_at:
            return "pending"
        return "active" if now < self.ends_at else "expired"

    def matches(self, labels: Labels) -> bool:
        return all(matcher.matches(labels) for matcher in self.matchers)

    def expired(self, now: float) -> "Silence":
        """The same, over from now on."""
        return replace(self, starts_at=min(self.starts_at, now), ends_at=now, updated_at=now)


def from_json(document: Any) -> Silence:
    """A silence as the API takes it. Raises `SilenceError`."""
    if not isinstance(document, dict):
        raise SilenceError("expected a silence as an object")
    for name in ("matchers", "startsAt", "endsAt", "createdBy", "comment"):
        if name not in document:
            raise SilenceError(f"{name} in body is required")
    try:
        matchers = tuple(_matcher(one) for one in document["matchers"])
        starts_at, ends_at = parse(document["startsAt"]), parse(document["endsAt"])
        updated_at = parse(document["updatedAt"]) if document.get("updatedAt") else 0.0
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SilenceError(f"invalid silence: {error}") from error
    return Silence(
        str(document.get("id") or ""),
        matchers,
        starts_at,
        ends_at,
        updated_at,
        str(document["createdBy"]),
        str(document["comment"]),
        dict(document.get("annotations") or {}),
    )


def _matcher(document: dict[str, Any]) -> Matcher:
    equal, regex = document.get("isEqual", True) is not False, bool(document.get("isRegex"))
    operators = {
        (True, False): MatchOp.EQUAL,
        (False, False): MatchOp.NOT_EQUAL,
        (True, True): MatchOp.REGEX,
        (False, True): MatchOp.NOT_REGEX,
    }
    if not document["name"]:
        raise ValueError("a matcher needs a name")
    return Matcher(document["name"], operators[equal, regex], document["value"])


def to_json(silence: Silence, now: float) -> dict[str, Any]:
    """A silence as the API gives it."""
    return {
        "id": silence.id,
        "status": {"state": silence.state(now)},
        "updatedAt": milliseconds(silence.updated_at),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": milliseconds(silence.ends_at),
        "startsAt": milliseconds(silence.starts_at),
        "annotations": silence.annotations,
        "matchers": [
            {
                "name": matcher.name,
                "value": matcher.value,
                "isEqual": not matcher.negative,
                "isRegex": matcher.op in (MatchOp.REGEX, MatchOp.NOT_REGEX),
            }
            for matcher in silence.matchers
        ],
    }


def check(silence: Silence, now: float) -> None:
    """Raise `SilenceError` when the silence makes no sense."""
    if not silence.matchers:
        raise SilenceError("invalid silence: at least one matcher is needed")
    if all(matcher.matches_value("") for matcher in silence.matchers):
        raise SilenceError("invalid silence: at least one matcher must not match the empty string")
    if silence.starts_at >= silence.ends_at:
        raise SilenceError("Failed to create silence: start time must be before end time")
    if silence.ends_at < now:
        raise SilenceError("Failed to create silence: end time can't be in the past")
