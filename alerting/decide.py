"""Whether a group has something to tell to a destination, compared with what it was told last."""

import enum
from collections.abc import Collection
from dataclasses import dataclass, field

from alerting.alert import Fingerprint


class Reason(enum.StrEnum):
    """Why a notification goes out, or that it does not. The values stand in payloads and in the history."""

    FIRST = "first notification"
    NEW_ALERTS = "new alerts in group"
    NEW_RESOLVED = "new resolved alerts"
    ALL_RESOLVED = "all alerts resolved"
    REPEAT = "repeat interval elapsed"
    ESCALATION = "not acknowledged"
    NOTHING = "do not notify"


@dataclass(frozen=True, slots=True)
class Told:
    """What a destination was last told about a group, and when."""

    at: float
    firing: frozenset[Fingerprint] = field(default_factory=frozenset)
    resolved: frozenset[Fingerprint] = field(default_factory=frozenset)


def decide(
    told: Told | None,
    firing: Collection[Fingerprint],
    resolved: Collection[Fingerprint],
    *,
    send_resolved: bool,
    repeat_s: float,
    now: float,
) -> Reason:
    """The reason to notify, `NOTHING` when there is none."""
    if told is None:
        return Reason.FIRST if firing else Reason.NOTHING
    if not told.firing.issuperset(firing):
        return Reason.NEW_ALERTS if told.firing else Reason.FIRST
    if not firing:
        # Independent of send_resolved, so that the log forgets that something fires.
        return Reason.ALL_RESOLVED if told.firing else Reason.NOTHING
    if send_resolved and not told.resolved.issuperset(resolved):
        return Reason.NEW_RESOLVED
    return Reason.REPEAT if told.at < now - repeat_s else Reason.NOTHING
