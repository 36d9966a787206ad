"""What templates and payloads see: Alertmanager's `Data`, with its names.

Source: the notification template reference of Alertmanager.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from alerting.alert import View
from alerting.decide import Reason
from alerting.moments import ZERO, precise
from pharos.gotemplate.gotime import GoTime
from pharos.labels import Labels

_GO_ZERO_S = -62135596800.0


class Strings(list[str]):
    """A list of texts with `Join`."""

    def Join(self, separator: str) -> str:  # noqa: N802 - Go's name
        return separator.join(self)


@dataclass(frozen=True, slots=True)
class Pair:
    """A label."""

    Name: str
    Value: str


class Pairs(list[Pair]):
    """Labels in order."""

    def Names(self) -> Strings:  # noqa: N802
        return Strings(pair.Name for pair in self)

    def Values(self) -> Strings:  # noqa: N802
        return Strings(pair.Value for pair in self)

    def String(self) -> str:  # noqa: N802
        return ", ".join(f"{pair.Name}={pair.Value}" for pair in self)

    __str__ = String


class KV(dict[str, str]):
    """Labels or annotations."""

    def SortedPairs(self) -> Pairs:  # noqa: N802
        names = sorted(self, key=lambda name: (name != "alertname", name))
        return Pairs(Pair(name, self[name]) for name in names)

    def Remove(self, names: Sequence[str]) -> "KV":  # noqa: N802
        return KV({name: value for name, value in self.items() if name not in names})

    def Names(self) -> Strings:  # noqa: N802
        return self.SortedPairs().Names()

    def Values(self) -> Strings:  # noqa: N802
        return self.SortedPairs().Values()

    def String(self) -> str:  # noqa: N802
        return self.SortedPairs().String()


@dataclass(frozen=True, slots=True)
class AlertData:
    """One alert. `ends_at` is 0 while it fires."""

    Status: str
    Labels: KV
    Annotations: KV
    starts_at: float
    ends_at: float
    GeneratorURL: str
    Fingerprint: str

    @property
    def StartsAt(self) -> GoTime:  # noqa: N802
        return GoTime.at(self.starts_at)

    @property
    def EndsAt(self) -> GoTime:  # noqa: N802
        return GoTime.at(self.ends_at or _GO_ZERO_S)

    def payload(self) -> dict[str, Any]:
        """As it stands in JSON."""
        return {
            "status": self.Status,
            "labels": self.Labels,
            "annotations": self.Annotations,
            "startsAt": precise(self.starts_at),
            "endsAt": precise(self.ends_at) if self.ends_at else ZERO,
            "generatorURL": self.GeneratorURL,
            "fingerprint": self.Fingerprint,
        }


class Alerts(list[AlertData]):
    """The alerts of a notification."""

    def Firing(self) -> "Alerts":  # noqa: N802
        return Alerts(alert for alert in self if alert.Status == "firing")

    def Resolved(self) -> "Alerts":  # noqa: N802
        return Alerts(alert for alert in self if alert.Status == "resolved")


@dataclass(frozen=True, slots=True)
class Notification:
    """Everything about one notification: the template's data and the names of things."""

    receiver: str
    group_key: str
    reason: Reason
    Alerts: Alerts
    GroupLabels: KV
    CommonLabels: KV
    CommonAnnotations: KV
    RouteLabels: KV
    ExternalURL: str
    UIURL: str = field(default="")

    @property
    def Receiver(self) -> str:  # noqa: N802
        return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", self.receiver)

    @property
    def Status(self) -> str:  # noqa: N802
        return "firing" if self.Alerts.Firing() else "resolved"

    @property
    def NotificationReason(self) -> str:  # noqa: N802
        return self.reason.value

    def payload(self) -> dict[str, Any]:
        """The fields of the webhook payload that templates see too."""
        return {
            "receiver": self.Receiver,
            "status": self.Status,
            "alerts": [alert.payload() for alert in self.Alerts],
            "notification_reason": self.NotificationReason,
            "groupLabels": self.GroupLabels,
            "commonLabels": self.CommonLabels,
            "commonAnnotations": self.CommonAnnotations,
            "routeLabels": self.RouteLabels,
            "externalURL": self.ExternalURL,
        }


def notification(
    receiver: str,
    group_key: str,
    group_labels: Labels,
    route_labels: Labels,
    reason: Reason,
    views: Sequence[View],
    external_url: str,
    ui_url: str,
) -> Notification:
    """The data of a notification about these alerts."""
    alerts = Alerts(
        AlertData(
            view.status,
            KV(view.series.labels),
            KV(view.alert.annotations),
            view.alert.starts_at,
            view.alert.ends_at if view.resolved else 0.0,
            view.alert.generator_url,
            view.series.fingerprint,
        )
        for view in views
    )
    return Notification(
        receiver,
        group_key,
        reason,
        alerts,
        KV(group_labels),
        common([alert.Labels for alert in alerts]),
        common([alert.Annotations for alert in alerts]),
        KV(route_labels),
        external_url,
        ui_url,
    )


def common(sets: Sequence[Labels]) -> KV:
    """The pairs that all sets share."""
    if not sets:
        return KV()
    shared = dict(sets[0])
    for other in sets[1:]:
        shared = {name: value for name, value in shared.items() if other.get(name) == value}
        if not shared:
            break
    return KV(shared)
