"""Which samples are taken: each series only moves forward in time, but for a window, as Prometheus has it.

A series that one target writes alone needs no look at it: the target's rows ascend. A series with several writers (two targets, a target and
remote write) is checked sample by sample.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.columns import Column
from collector.storage.group import HeadGroup
from collector.storage.interface import STALE_NAN, AppendReport, Rows, Timestamps, Values
from collector.storage.options import StorageOptions
from pharos.clock import Clock

MIN_TIME: Final = -(2**63)
MAX_TIME: Final = 2**63 - 1


class Order:
    """Newest time, newest value and owner of each series. The appending thread writes."""

    def __init__(self, options: StorageOptions, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.groups: dict[int, HeadGroup] = {}
        self.min_time, self.max_time = MAX_TIME, MIN_TIME
        self.flushed_until = MIN_TIME  # samples before this are in blocks; in-order ones are refused
        self.refused = AppendReport()
        self._owner: Column[np.int32] = Column(np.int32)  # group that writes the series, 0: none
        self._last_time: Column[np.int64] = Column(np.int64)  # of series without an owner
        self._last_value: Column[np.float64] = Column(np.float64)

    def claim(self, group: HeadGroup, gone: Rows, sids: Rows) -> None:
        """A group takes series over and lets go of others; a series with two writers is checked one by one from then on."""
        self._release(group, gone)
        owner, last = self._owner.view(), self._last_time.view()
        others = np.unique(owner[sids])
        for number in others[(others != 0) & (others != group.number)].tolist():
            rival = self.groups.get(int(number))
            if rival is not None:
                self._share(rival)
                group.shared = True
        if len(sids) and not group.shared:
            group.last_time = max(group.last_time, int(last[sids].max()))
        owner[sids] = group.number

    def _release(self, group: HeadGroup, gone: Rows) -> None:
        if len(gone):
            mine = gone[self._owner.view()[gone] == group.number]
            self._owner.view()[mine] = 0
            if not group.shared:
                self._last_time.view()[mine] = np.maximum(self._last_time.view()[mine], group.last_time)

    def _share(self, group: HeadGroup) -> None:
        if not group.shared:
            group.shared = True
            last = self._last_time.view()
            last[group.sids] = np.maximum(last[group.sids], group.last_time)
            newest = group.newest_values()
            if newest is not None:
                self._last_value.view()[group.sids] = newest

    def ended(self, sids: Rows, timestamp_ms: int) -> None:
        """Series got a staleness marker from the group they were in."""
        self._last_time.view()[sids] = np.maximum(self._last_time.view()[sids], timestamp_ms)
        self._last_value.view()[sids] = STALE_NAN

    @property
    def oldest_in_order(self) -> int:
        """In-order samples before this are refused: they belong to blocks that are written, or could be."""
        if self.max_time == MIN_TIME:
            return self.flushed_until
        return max(self.flushed_until, self.max_time - self.options.block_ms // 2)

    @property
    def oldest_out_of_order(self) -> int:
        window = self.options.out_of_order_window_ms
        return self.max_time - window if window and self.max_time != MIN_TIME else MAX_TIME

    def _newest(self) -> int:
        ahead = self.options.max_ahead_ms
        return int(self.clock.now() * 1000) + ahead if ahead else MAX_TIME

    def _saw(self, low: int, high: int) -> None:
        self.min_time = min(self.min_time, low)
        self.max_time = max(self.max_time, high)

    def _sift(self, sids: Rows, timestamps: Timestamps, values: Values, report: AppendReport) -> NDArray[np.bool_]:
        """Which samples are taken; counts the others, remembers the newest of each series."""
        if self._all_in_order(sids, timestamps, values):
            return np.ones(len(sids), bool)
        keep = np.ones(len(sids), bool)
        ahead = timestamps > self._newest()
        if ahead.any():
            report.too_far_ahead += int(ahead.sum())
            keep &= ~ahead
        order = (
            np.lexsort((np.arange(len(sids)), sids))
            if len(sids) > 1 and (np.diff(sids) < 0).any()
            else np.arange(len(sids))
        )
        order = order[keep[order]]
        if not len(order):
            return keep
        rows, times, data = sids[order], timestamps[order], values[order]
        before, before_value = self._newest_before(rows, times, data)
        bits = data.view(np.uint64) if data.flags.c_contiguous else np.ascontiguousarray(data).view(np.uint64)
        late = times <= before
        same = times == before
        doubled = same & (bits == before_value.view(np.uint64))
        clash = same & ~doubled
        floor = self.oldest_in_order
        late |= times < floor
        window_start = self.oldest_out_of_order
        late_ok = late & ~same & (times >= window_start)
        too_old = late & ~same & ~late_ok & ((times < floor) | (window_start != MAX_TIME))
        report.duplicate += int(clash.sum())
        report.too_old += int(too_old.sum())
        report.out_of_order += int((late & ~same & ~late_ok & ~too_old).sum())
        taken = ~late | late_ok
        keep[order] = taken
        in_order = np.flatnonzero(~late)
        newest = in_order[np.r_[rows[in_order][1:] != rows[in_order][:-1], True]] if len(in_order) else in_order
        self._last_time.view()[rows[newest]] = times[newest]
        self._last_value.view()[rows[newest]] = data[newest]
        return keep

    def _all_in_order(self, sids: Rows, timestamps: Timestamps, values: Values) -> bool:
        """The usual case, in a few passes: each series once, its times ascending and all of them news."""
        same = sids[1:] == sids[:-1]
        ends = np.r_[np.flatnonzero(~same), len(sids) - 1]
        starts = np.r_[0, ends[:-1] + 1]
        rows = sids[starts]
        last, owner = self._last_time.view(), self._owner.view()
        usual = (
            int(timestamps.min()) >= self.oldest_in_order
            and int(timestamps.max()) <= self._newest()
            and not (same & (timestamps[1:] <= timestamps[:-1])).any()
            and bool((timestamps[starts] > last[rows]).all())
            and not owner[rows].any()
            and len(np.unique(rows)) == len(rows)
        )
        if usual:
            last[rows] = timestamps[ends]
            self._last_value.view()[rows] = values[ends]
        return usual

    def _newest_before(self, rows: Rows, times: Timestamps, values: Values) -> tuple[Timestamps, Values]:
        """For each sample (grouped by series): the newest time of the series before it, and the value at that time."""
        first = np.r_[True, rows[1:] != rows[:-1]]
        starts = np.flatnonzero(first)
        for number in np.unique(self._owner.view()[rows[starts]]).tolist():
            group = self.groups.get(number)
            if group is not None:
                self._share(group)
        known, known_value = self._last_time.view()[rows[starts]], self._last_value.view()[rows[starts]]
        if bool((np.diff(times)[~first[1:]] > 0).all()):
            before = np.r_[times[:1], times[:-1]]
            before_value = np.r_[values[:1], values[:-1]]
            before[starts], before_value[starts] = known, known_value
            run = np.cumsum(first) - 1
            overtaken = before < known[run]  # the series was further before this batch
            before = np.where(overtaken, known[run], before)
            return before, np.where(overtaken, known_value[run], before_value)
        return _running_newest(starts, times, values, known, known_value)

    @staticmethod
    def _merge_report(report: AppendReport, other: AppendReport) -> None:
        report.appended += other.appended
        report.out_of_order += other.out_of_order
        report.too_old += other.too_old
        report.duplicate += other.duplicate
        report.too_far_ahead += other.too_far_ahead

    def _remember_newest(self, sids: Rows, timestamps: Timestamps, values: Values) -> None:
        """Samples in the order they were taken in; a series may come many times."""
        ends = np.r_[sids[1:] != sids[:-1], True]
        if (
            ends[:-1] | (timestamps[1:] > timestamps[:-1])
        ).all():  # as they usually come: only the last of each stretch matters
            sids, timestamps, values = sids[ends], timestamps[ends], values[ends]
        last, last_value = self._last_time.view(), self._last_value.view()
        newer = timestamps > last[sids]
        sids, timestamps, values = sids[newer], timestamps[newer], values[newer]
        last[sids] = timestamps  # of several the last one stays
        overtaken = timestamps > last[sids]
        if overtaken.any():
            np.maximum.at(last, sids[overtaken], timestamps[overtaken])
        newest = timestamps == last[sids]
        last_value[sids[newest]] = values[newest]

    def newest_of(self, sids: Rows) -> Timestamps:
        """The time of the newest sample of each series, or a little later."""
        last: Timestamps = self._last_time.view()[sids].copy()
        owner = self._owner.view()[sids]
        for number in np.unique(owner[owner > 0]).tolist():
            group = self.groups.get(number)
            if group is not None:
                mine = owner == number
                last[mine] = np.maximum(last[mine], group.last_time)
        return last


def _running_newest(
    starts: NDArray[np.int64], times: Timestamps, values: Values, known: Timestamps, known_value: Values
) -> tuple[Timestamps, Values]:
    """As `Order._newest_before` for series whose samples do not ascend: one at a time."""
    before, before_value = np.empty(len(times), np.int64), np.empty(len(times))
    ends = np.r_[starts[1:], len(times)]
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        newest, value = int(known[number]), known_value[number]
        for index in range(start, end):
            before[index], before_value[index] = newest, value
            if times[index] > newest:
                newest, value = int(times[index]), values[index]
    return before, before_value
