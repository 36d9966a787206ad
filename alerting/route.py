"""The routing tree: which receivers an alert goes to, and how it is grouped on the way there."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from alerting.config.routing import RouteConfig
from pharos.labels import Labels
from pharos.matchers import Matcher

DEFAULT_GROUP_WAIT_S = 30.0
DEFAULT_GROUP_INTERVAL_S = 300.0
DEFAULT_REPEAT_INTERVAL_S = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Route:
    """A node with everything inherited filled in. `key` names it in group keys, `number` is unique in the tree. `escalate`: seconds and receiver."""

    number: int
    key: str
    receiver: str
    matchers: tuple[Matcher, ...]
    keep_going: bool
    group_by: frozenset[str]
    group_by_all: bool
    group_wait_s: float
    group_interval_s: float
    repeat_interval_s: float
    mute_time_intervals: tuple[str, ...]
    active_time_intervals: tuple[str, ...]
    labels: Labels
    escalate: tuple[tuple[float, str], ...] = ()
    children: tuple["Route", ...] = ()

    def match(self, labels: Labels) -> list["Route"]:
        """The nodes an alert ends at, deepest first match; `continue` lets siblings have it too."""
        if not all(matcher.matches(labels) for matcher in self.matchers):
            return []
        out: list[Route] = []
        for child in self.children:
            found = child.match(labels)
            out += found
            if found and not child.keep_going:
                break
        return out or [self]

    def group_labels(self, labels: Labels) -> Labels:
        """The labels an alert is grouped by here."""
        if self.group_by_all:
            return labels
        return {name: labels[name] for name in sorted(labels) if name in self.group_by}

    def walk(self) -> Iterator["Route"]:
        """The node and all below."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class _Counter:
    value: int = field(default=-1)

    def next(self) -> int:
        self.value += 1
        return self.value


def build_tree(config: RouteConfig) -> Route:
    """The tree of a configuration."""
    return _build(config, None, _Counter())


def _build(config: RouteConfig, parent: Route | None, counter: _Counter) -> Route:
    matchers = config.all_matchers()
    own_key = "{" + ",".join(map(str, matchers)) + "}"
    node = Route(
        number=counter.next(),
        key=f"{parent.key}/{own_key}" if parent else own_key,
        receiver=config.receiver or (parent.receiver if parent else ""),
        matchers=matchers,
        keep_going=config.keep_going,
        group_by=_inherited_group_by(config, parent),
        group_by_all="..." in config.group_by if config.group_by is not None else bool(parent and parent.group_by_all),
        group_wait_s=_first(config.group_wait, parent.group_wait_s if parent else DEFAULT_GROUP_WAIT_S),
        group_interval_s=_first(config.group_interval, parent.group_interval_s if parent else DEFAULT_GROUP_INTERVAL_S),
        repeat_interval_s=_first(
            config.repeat_interval, parent.repeat_interval_s if parent else DEFAULT_REPEAT_INTERVAL_S
        ),
        mute_time_intervals=config.mute_time_intervals,
        active_time_intervals=config.active_time_intervals,
        labels={**(parent.labels if parent else {}), **config.labels},
        escalate=_escalation(config, parent),
    )
    children = tuple(_build(child, node, counter) for child in config.routes)
    object.__setattr__(node, "children", children)  # children need their parent's values first
    return node


def _inherited_group_by(config: RouteConfig, parent: Route | None) -> frozenset[str]:
    if config.group_by is not None:
        return frozenset(config.group_by) - {"..."}
    return parent.group_by if parent else frozenset()


def _escalation(config: RouteConfig, parent: Route | None) -> tuple[tuple[float, str], ...]:
    if config.escalate is not None:
        return tuple((float(step.after), step.receiver) for step in config.escalate)
    return parent.escalate if parent else ()


def _first(given: float | None, otherwise: float) -> float:
    return otherwise if given is None else float(given)
