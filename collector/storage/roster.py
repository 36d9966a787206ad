"""Which series the head and the write-ahead log know, and finding their numbers fast when they come again and again."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.storage import records
from collector.storage.columns import Column
from collector.storage.interface import Rows
from collector.storage.options import StorageOptions
from collector.storage.order import MIN_TIME, Order
from collector.storage.records import Kind
from collector.storage.series import SeriesTable
from collector.storage.wal import WalWriter
from pharos.clock import Clock
from pharos.labels import LabelSet

_RECENT_MAX: Final = 200_000


class Roster(Order):
    """Series by number, in columns beside those of the order rules.

    `steady` is held from the moment a number is looked up until something that lifetimes.py knows of refers to it.
    """

    def __init__(self, table: SeriesTable, options: StorageOptions, clock: Clock) -> None:
        super().__init__(options, clock)
        self.table = table
        self.wal: WalWriter | None = None
        self.steady = threading.RLock()
        self.removed = 0  # series that were in the head
        self._recent: dict[tuple[int, int], int] = {}
        self._handed: Column[np.bool_] = Column(bool)  # somebody asked for the number since it was last put to rest
        self._logged: Column[np.bool_] = Column(bool)  # the log knows this series
        self._alive: Column[np.bool_] = Column(bool)  # the head has samples of the series

    def register(self, series: Sequence[LabelSet]) -> Rows:
        """The numbers of series, known to the log from now on."""
        with self.steady:
            sids = self.table.resolve(series)
            self.know(sids)
            return sids

    def register_repeated(self, series: Sequence[LabelSet]) -> Rows:
        """As `register`, for series that come many times in a row or come again and again (rules, remote write)."""
        count = len(series)
        marks = np.fromiter(map(id, series), np.int64, count)
        heads = np.flatnonzero(np.r_[True, marks[1:] != marks[:-1]])[:count]
        if 2 * len(heads) > count:
            return self._remembered(series)
        sids = self._remembered([series[index] for index in heads.tolist()])
        return np.repeat(sids, np.diff(np.r_[heads, count]))

    def _remembered(self, series: Sequence[LabelSet]) -> Rows:
        """Numbers of series by way of a cache of label sets' hashes: twice 64 bits, so that two never meet by chance."""
        keys = [(hash(labels), hash(labels[::-1])) for labels in series]
        get = self._recent.get
        found = np.array([get(key, -1) for key in keys], np.int64)
        missing = np.flatnonzero(found < 0)
        if len(missing):
            found[missing] = self.register([series[index] for index in missing.tolist()])
            if len(self._recent) > _RECENT_MAX:
                self._recent.clear()
            self._recent.update((keys[index], int(found[index])) for index in missing.tolist())
        return found

    def know(self, sids: Rows) -> None:
        """Make room for series, and write them to the log once."""
        self.make_room()
        self._handed.view()[sids] = True
        logged = self._logged.view()
        fresh = np.unique(sids[~logged[sids]])
        if len(fresh):
            if self.wal is not None:
                self.wal.add(Kind.SERIES, records.encode_series(self.table, fresh))
            logged[fresh] = True

    def know_replayed(self, sids: Rows) -> None:
        """Series that the log has told us."""
        self.make_room()
        self._logged.view()[sids] = True

    def make_room(self) -> None:
        """Columns as long as the catalogue."""
        top = len(self.table)
        self._logged.fill_to(top, False)
        self._handed.fill_to(top, False)
        self._owner.fill_to(top, 0)
        self._last_time.fill_to(top, MIN_TIME)
        self._last_value.fill_to(top, 0.0)
        self._alive.fill_to(top, False)

    def known_series(self) -> Rows:
        """Series that the log has told about, ascending."""
        return np.flatnonzero(self._logged.view()).astype(np.int64)

    @property
    def all_alive(self) -> bool:
        """Whether the head has samples of every series there is."""
        return self.series_count == self.table.used

    @property
    def series_count(self) -> int:
        """Series that have samples in the head."""
        return int(np.count_nonzero(self._alive.view()))

    @property
    def alive(self) -> NDArray[np.bool_]:
        """By number: whether the head has samples of the series."""
        return self._alive.view()

    def count_living(self, living: Callable[[], Iterable[NDArray[Any]]]) -> None:
        """Find out which series still have samples; `living` tells their numbers."""
        with self.steady:
            alive = self._alive.view()
            marked = np.zeros(len(alive), bool)
            for numbers in living():
                marked[numbers] = True
            self.removed += int(np.count_nonzero(alive & ~marked))
            alive &= marked
            for numbers in living():  # a late sample of a target's series may have come meanwhile
                alive[numbers] = True

    # -- for lifetimes.py, which holds `steady` ------------------------------------------------------------------------

    def logged(self) -> NDArray[np.bool_]:
        """By number, for all of the catalogue: whether the log tells what series it is. A copy: only the appending thread makes room."""
        known = self._logged.view()
        out = np.zeros(len(self.table), bool)  # after `known`: others may register meanwhile
        out[: len(known)] = known
        return out

    def put_to_rest(self, sids: Rows) -> None:
        """From now on it is seen when somebody asks for one of these numbers."""
        self._handed.view()[sids] = False
        resting = np.zeros(len(self._handed), bool)
        resting[sids] = True
        self._recent = {key: sid for key, sid in self._recent.items() if not resting[sid]}

    def undisturbed(self, sids: Rows) -> Rows:
        """Those of some numbers at rest that nobody has asked for."""
        quiet: Rows = sids[~self._handed.view()[sids]]
        return quiet

    def leave_out(self, sids: Rows) -> None:
        """The next checkpoint does not tell about these series; whoever asks for them writes them to the log anew."""
        self._logged.view()[sids] = False

    def forget(self, gone: Rows) -> None:
        """Numbers that stand for no series any more."""
        gone = gone[gone < len(self._owner)]
        self._owner.view()[gone] = 0
        self._last_time.view()[gone] = MIN_TIME
        self._last_value.view()[gone] = 0.0
        self._alive.view()[gone] = False
