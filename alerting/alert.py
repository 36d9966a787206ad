"""Alerts: what a client says about a set of labels, and how two statements about the same labels become one.

Times are seconds since 1970. A `Series` is one set of labels for as long as the service knows it; its `alert` is replaced whenever
something new is said, never changed in place, so that an old statement can be told from a new one by identity.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from pharos.labels import Labels, LabelSet

Fingerprint: TypeAlias = str
_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3
_MASK: Final = 0xFFFFFFFFFFFFFFFF


@dataclass(slots=True)
class Alert:
    """One statement. `timed_out`: the end is only what `resolve_timeout` made it."""

    starts_at: float
    ends_at: float
    updated_at: float
    annotations: Labels
    generator_url: str = ""
    timed_out: bool = False

    def resolved(self, now: float) -> bool:
        return self.ends_at <= now


def merge(old: Alert, new: Alert) -> Alert:
    """The newer statement, with the earlier start when their times overlap."""
    overlap = old.starts_at < new.ends_at < old.ends_at or old.starts_at < new.starts_at < old.ends_at
    if not overlap:
        return new
    if new.updated_at < old.updated_at:
        old, new = new, old
    starts_at = min(old.starts_at, new.starts_at)
    ends_at = new.ends_at
    if new.resolved(new.updated_at):
        # Both say it is over: the later end is the better one.
        if old.resolved(new.updated_at) and old.ends_at > new.ends_at:
            ends_at = old.ends_at
    elif old.ends_at > new.ends_at and not old.timed_out:
        ends_at = old.ends_at
    if starts_at == new.starts_at and ends_at == new.ends_at:
        return new
    return replace(new, starts_at=starts_at, ends_at=ends_at)


class Series:
    """A set of labels, its latest alert, and what the other parts of the service remember about it."""

    __slots__ = (
        "_fingerprint",
        "acknowledgements",
        "alert",
        "groups",
        "inhibition",
        "key",
        "labels",
        "routes",
        "silences",
    )

    def __init__(self, key: LabelSet, alert: Alert) -> None:
        self.key = key
        self.labels: Labels = dict(key)
        self.alert = alert
        self.groups: Any = None  # of the dispatcher: where the series is grouped
        self.routes: Any = None  # of the dispatcher: the routes it takes
        self.inhibition: Any = None  # of the inhibitor: rules whose target it is
        self.silences: Any = None  # of the silences: which match, and at which version
        self.acknowledgements: Any = None  # the same of the acknowledgements
        self._fingerprint = ""

    @property
    def fingerprint(self) -> Fingerprint:
        """16 hex digits, the same that Prometheus and Alertmanager compute."""
        if not self._fingerprint:
            self._fingerprint = fingerprint(self.key)
        return self._fingerprint

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")

    @property
    def order(self) -> tuple[object, ...]:
        """The order of alerts in notifications and lists: by job, by instance, those without last; then by labels."""
        job, instance = self.labels.get("job"), self.labels.get("instance")
        return (job is None, job or "", instance is None, instance or "", len(self.key), self.key)


def fingerprint(key: LabelSet) -> Fingerprint:
    """FNV-1a, 64 bits, over names and values, each followed by a 0xFF byte."""
    out = _FNV_OFFSET
    for name, value in key:
        for byte in f"{name}\xff{value}\xff".encode("latin-1") if _plain(name, value) else _separated(name, value):
            out = ((out ^ byte) * _FNV_PRIME) & _MASK
    return f"{out:016x}"


def _plain(name: str, value: str) -> bool:
    return name.isascii() and value.isascii()


def _separated(name: str, value: str) -> bytes:
    return name.encode() + b"\xff" + value.encode() + b"\xff"


@dataclass(frozen=True, slots=True)
class View:
    """An alert as one flush sees it: the statement of that moment and whether it was over."""

    series: Series
    alert: Alert
    resolved: bool

    @property
    def status(self) -> str:
        return "resolved" if self.resolved else "firing"


@dataclass(frozen=True, slots=True)
class Mutes:
    """Why an alert is not told, empty when it is. An acknowledgement does not mute; it stops repeats and escalation."""

    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()
    muted_by: tuple[str, ...] = ()
    acknowledged_by: tuple[str, ...] = ()
