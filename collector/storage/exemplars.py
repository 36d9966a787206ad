"""Exemplars: the newest ones, in memory, as many as set; written to the log so that they outlive a restart."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from collector.storage.series import SeriesTable
from pharos.labels import Labels, LabelSet
from pharos.matchers import Matcher


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One exemplar: its own labels, value and time in milliseconds."""

    labels: LabelSet
    value: float
    timestamp_ms: int


class ExemplarStore:
    """A ring of exemplars."""

    def __init__(self, limit: int) -> None:
        self._ring: deque[tuple[int, Exemplar]] = deque(maxlen=max(limit, 0))
        self._newest: dict[int, Exemplar] = {}
        self.out_of_order = 0
        self.appended = 0

    def __len__(self) -> int:
        return len(self._ring)

    @property
    def series_count(self) -> int:
        return len(self._newest)

    @property
    def oldest_ms(self) -> int:
        return self._ring[0][1].timestamp_ms if self._ring else 0

    def add(self, sid: int, exemplar: Exemplar) -> bool:
        """Keep an exemplar; not one that was there already or is older than the series' newest."""
        newest = self._newest.get(sid)
        if newest is not None and (
            exemplar == newest or (exemplar.timestamp_ms, exemplar.value) < (newest.timestamp_ms, newest.value)
        ):
            self.out_of_order += exemplar != newest
            return False
        if self._ring.maxlen and len(self._ring) == self._ring.maxlen:
            oldest_sid, oldest = self._ring[0]
            if self._newest.get(oldest_sid) is oldest:
                del self._newest[oldest_sid]
        if self._ring.maxlen:
            self._newest[sid] = exemplar
            self._ring.append((sid, exemplar))
        self.appended += 1
        return True

    def sids(self) -> list[int]:
        """The series that have any."""
        return list(self._newest)

    def items(self) -> list[tuple[int, Exemplar]]:
        """All of them with their series, oldest first."""
        return list(self._ring)

    def find(
        self, table: SeriesTable, matcher_sets: Sequence[Sequence[Matcher]], min_ms: int, max_ms: int
    ) -> list[tuple[Labels, list[Exemplar]]]:
        """Exemplars of the series that satisfy any of the matcher sets, by series labels."""
        wanted: set[int] = set()
        for matchers in matcher_sets:
            wanted.update(table.match(matchers).tolist())
        found: dict[int, list[Exemplar]] = {}
        for sid, exemplar in list(self._ring):
            if sid in wanted and min_ms <= exemplar.timestamp_ms <= max_ms:
                found.setdefault(sid, []).append(exemplar)
        rows = [(table.labels(sid), exemplars) for sid, exemplars in found.items()]
        return sorted(rows, key=lambda row: sorted(row[0].items()))
