"""Sorts alerts into groups and says when which group is due.

Timing, as users of Alertmanager know it: a new group waits `group_wait` (not at all when its first alert began longer ago than that);
then it comes up every `group_interval`, counted from the moment the last flush began.
"""

import heapq
import itertools
from collections.abc import Iterator

from alerting.alert import Series
from alerting.dispatch.group import Flush, Group
from alerting.route import Route
from pharos.labels import LabelSet


class Dispatcher:
    """All groups of one routing tree."""

    def __init__(self, root: Route) -> None:
        self.root = root
        self._groups: dict[tuple[int, LabelSet], Group] = {}
        self._due: list[tuple[float, int, Group]] = []
        self._tick = itertools.count()

    def insert(self, series: Series, now: float) -> None:
        """Put an alert into its groups, making those that do not exist."""
        groups: list[Group] | None = series.groups
        if groups is None:
            series.groups = groups = [self._group(route, series, now) for route in self.routes(series)]
        for index, group in enumerate(groups):
            if group.destroyed:
                group = groups[index] = self._group(group.route, series, now)  # noqa: PLW2901
            if series.key not in group.members:
                group.members[series.key] = series

    def routes(self, series: Series) -> list[Route]:
        """The routes an alert takes, remembered with it."""
        if series.routes is None:
            series.routes = self.root.match(series.labels)
        found: list[Route] = series.routes
        return found

    def next_due(self) -> float | None:
        """When the next group is due; None when there is none."""
        while self._due:
            due_at, _, group = self._due[0]
            if not group.destroyed and not group.flushing and group.due_at == due_at:
                return due_at
            heapq.heappop(self._due)
        return None

    def due(self, now: float) -> list[Flush]:
        """The groups that are due; each is under way until `finish`."""
        out = []
        while (due_at := self.next_due()) is not None and due_at <= now:
            _, _, group = heapq.heappop(self._due)
            group.flushing, group.flushed_at = True, now
            group.due_at = now + group.route.group_interval_s
            out.append(Flush(group, group.views(now), now))
        return out

    def finish(self, flush: Flush, success: bool) -> None:
        """A flush is over. After a good one resolved alerts leave the group, and an empty group ends."""
        group = flush.group
        group.flushing = False
        if success:
            group.forget(flush.views)
            if not group.members:
                group.destroyed = True
                self._groups.pop((group.route.number, group.labels), None)
                return
        self._schedule(group)

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

    def __len__(self) -> int:
        return len(self._groups)

    def _group(self, route: Route, series: Series, now: float) -> Group:
        labels = tuple(route.group_labels(series.labels).items())
        group = self._groups.get((route.number, labels))
        if group is None:
            waited_enough = series.alert.starts_at + route.group_wait_s < now
            group = Group(route, labels, now if waited_enough else now + route.group_wait_s)
            self._groups[route.number, labels] = group
            self._schedule(group)
        group.members[series.key] = series
        return group

    def _schedule(self, group: Group) -> None:
        heapq.heappush(self._due, (group.due_at, next(self._tick), group))
