"""Alerts on their way to Alertmanagers: the wire form of API v2, external labels and relabelling. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from collector.rules.alert import Alert
from collector.rules.template_functions import table_link
from pharos.labels import Labels
from pharos.relabel import RelabelConfig, relabel


@dataclass(frozen=True, slots=True)
class OutgoingAlert:
    """What an Alertmanager is told. Times in milliseconds."""

    labels: Labels
    annotations: Labels
    starts_at_ms: int
    ends_at_ms: int
    expr: str

    @classmethod
    def of(cls, alert: Alert, expr: str) -> "OutgoingAlert":
        ends_at = alert.resolved_at_ms or alert.valid_until_ms
        return cls(alert.labels, alert.annotations, alert.fired_at_ms, ends_at, expr)

    def wire(self, external_url: str) -> dict[str, Any]:
        """The JSON object of API v2."""
        return {
            "labels": self.labels,
            **({"annotations": self.annotations} if self.annotations else {}),
            "startsAt": moment(self.starts_at_ms),
            "endsAt": moment(self.ends_at_ms),
            "generatorURL": external_url.rstrip("/") + table_link(self.expr),
        }


def moment(ms: int) -> str:
    """A time as RFC 3339 with milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def prepare(
    alerts: Iterable[OutgoingAlert], external: Mapping[str, str], rules: Sequence[RelabelConfig]
) -> list[OutgoingAlert]:
    """The alerts with external labels added where they have none of that name, relabelled; some may be dropped."""
    out = []
    for alert in alerts:
        labels = relabel({**external, **alert.labels}, rules)
        if labels is not None:
            out.append(replace(alert, labels=labels))
    return out


def encode(alerts: Iterable[OutgoingAlert], external_url: str) -> bytes:
    """The body of one request."""
    return orjson.dumps([alert.wire(external_url) for alert in alerts])
