"""A group: alerts of one route with the same group labels, told together at set times."""

from dataclasses import dataclass, field

from alerting.alert import Series, View
from alerting.route import Route
from pharos.labels import LabelSet, escape_value, is_legacy_label_name


@dataclass(eq=False, slots=True)
class Group:
    """`due_at` is the next flush. While one is under way (`flushing`), the next waits for its end, as a late timer does."""

    route: Route
    labels: LabelSet
    due_at: float
    members: dict[LabelSet, Series] = field(default_factory=dict)
    flushing: bool = False
    destroyed: bool = False
    flushed_at: float = 0.0

    @property
    def key(self) -> str:
        """What names the group in the notification log and in payloads: `{}:{alertname="A"}`."""
        pairs = ", ".join(f'{_name(name)}="{escape_value(value)}"' for name, value in self.labels)
        return f"{self.route.key}:{{{pairs}}}"

    def views(self, now: float) -> tuple[View, ...]:
        """The alerts as they are now, in order."""
        series = sorted(self.members.values(), key=lambda one: one.order)
        return tuple(View(one, one.alert, one.alert.resolved(now)) for one in series)

    def forget(self, views: tuple[View, ...]) -> None:
        """Drop what was told to be over, unless something new was said about it meanwhile."""
        for view in views:
            if view.resolved and view.series.alert is view.alert:
                self.members.pop(view.series.key, None)


def _name(name: str) -> str:
    return name if is_legacy_label_name(name) else f'"{escape_value(name)}"'


@dataclass(eq=False, frozen=True, slots=True)
class Flush:
    """A group at the moment it is due."""

    group: Group
    views: tuple[View, ...]
    now: float
