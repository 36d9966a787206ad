"""The newest part of the storage: what is not in a block yet. Everything in it is in the write-ahead log or in a head file as well.

The appending thread (the event loop) calls `register`, `append*` and the groups; worker threads read and maintain.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.histogram import FloatHistogram
from collector.storage import records
from collector.storage.batch import Batch
from collector.storage.columns import Column
from collector.storage.exemplars import Exemplar, ExemplarStore
from collector.storage.group import HeadGroup
from collector.storage.headfiles import HeadFiles
from collector.storage.histograms import HistogramBatch, HistogramLog, decode_histogram, encode_histogram
from collector.storage.interface import ABSENT_BITS, ABSENT_NAN, AppendReport, Rows, Timestamps, Values
from collector.storage.layout import Layout, Slab
from collector.storage.layouts import Layouts
from collector.storage.options import StorageOptions
from collector.storage.order import MAX_TIME, MIN_TIME
from collector.storage.records import Kind
from collector.storage.samplelog import SampleLog
from collector.storage.series import SeriesTable
from collector.storage.sources import FrameBatch, RunBatch, SlabBatch, between
from pharos.clock import Clock
from pharos.labels import LabelSet
from pharos.matchers import Matcher

logger = logging.getLogger(__name__)


class Head(Layouts):
    """Groups, sample log, histograms and exemplars, and what is sealed of them."""

    def __init__(self, folder: Path, table: SeriesTable, options: StorageOptions, clock: Clock) -> None:
        super().__init__(table, options, clock)
        self.files = HeadFiles(folder, table)
        self.segment = 0  # of the log: what is appended now is in this one or a later one
        self.log = SampleLog()
        self.histograms = HistogramLog()
        self.exemplars = ExemplarStore(options.max_exemplars)
        self.samples_appended = 0
        self._next_group = 1

    # -- groups --------------------------------------------------------------------------------------------------------

    def open_group(self) -> HeadGroup:
        group = HeadGroup(self, self._next_group)
        self.groups[group.number] = group
        self._next_group += 1
        return group

    def group_numbered(self, number: int) -> HeadGroup:
        """A group out of the log."""
        group = self.groups.get(number)
        if group is None:
            group = self.groups[number] = HeadGroup(self, number)
            self.skip_group(number)
        return group

    def skip_group(self, number: int) -> None:
        """The log has used a number: none of ours may mean the same."""
        self._next_group = max(self._next_group, number + 1)

    def close_group(self, group: HeadGroup) -> None:
        """No more rows come; the samples stay."""
        if group.layout is not None:
            group.layout.closed = True
        self.abandon_group(group)
        if self.wal is not None:
            self.wal.add(Kind.CLOSE, *records.close_parts(group.number, None))

    def abandon_group(self, group: HeadGroup) -> None:
        """Nobody writes it any more; another group may go on with its layout."""
        self._release(group, group.sids)
        if group.layout is not None:
            group.layout.taken = False
        self.groups.pop(group.number, None)

    # -- appending -----------------------------------------------------------------------------------------------------

    def admits(self, timestamp_ms: int, group: HeadGroup, values: Values, report: AppendReport) -> bool:
        """Whether a row may be appended to its group; what is out of order goes to the sample log or into the report."""
        if timestamp_ms > group.last_time and self.oldest_in_order <= timestamp_ms <= self._newest():
            self._saw(timestamp_ms, timestamp_ms)
            return True
        present = values.view(np.uint64) != ABSENT_BITS
        self._merge_report(
            report,
            self.append_sids(group.sids[present], np.full(int(present.sum()), timestamp_ms, np.int64), values[present]),
        )
        return False

    def checked_row(self, group: HeadGroup, timestamp_ms: int, values: Values, report: AppendReport) -> Values:
        """A row of a group that shares series: late values are taken out of it."""
        last = self._last_time.view()
        late = (last[group.sids] >= timestamp_ms) & (values.view(np.uint64) != ABSENT_BITS)
        if late.any():
            sids = group.sids[late]
            self._merge_report(report, self.append_sids(sids, np.full(len(sids), timestamp_ms, np.int64), values[late]))
            values = np.where(late, ABSENT_NAN, values)
        present = values.view(np.uint64) != ABSENT_BITS
        last[group.sids[present]] = timestamp_ms
        self._last_value.view()[group.sids[present]] = values[present]
        return values

    def append_sids(self, sids: Rows, timestamps: Timestamps, values: Values, log: bool = True) -> AppendReport:
        """Samples of registered series with times of their own."""
        report = AppendReport()
        if not len(sids):
            return report
        keep = self._sift(sids, timestamps, values, report)
        self._merge_report(self.refused, report)
        if not keep.all():
            sids, timestamps, values = sids[keep], timestamps[keep], values[keep]
        if len(sids):
            report.appended += len(sids)
            self._store(sids, timestamps, values)
            if log and self.wal is not None:
                self.wal.add(Kind.SAMPLES, *records.samples_parts(sids, timestamps, values))
        return report

    def append_histograms(
        self, sids: Rows, timestamps: Timestamps, histograms: Sequence[FloatHistogram]
    ) -> AppendReport:
        """Native histograms of registered series; order rules as for samples, compared by time and sum."""
        report = AppendReport()
        if not len(sids):
            return report
        keep = self._sift(sids, timestamps, np.array([value.sum for value in histograms]), report)
        self._merge_report(self.refused, report)
        blobs = [encode_histogram(value) for value, kept in zip(histograms, keep.tolist(), strict=True) if kept]
        sids, timestamps = sids[keep], timestamps[keep]
        if blobs:
            report.appended += len(blobs)
            self.samples_appended += len(blobs)
            self.store_histograms(sids, timestamps, blobs)
            if self.wal is not None:
                self.wal.add(Kind.HISTOGRAMS, *records.histograms_parts(sids, timestamps, blobs))
        return report

    def store_histograms(self, sids: Rows, timestamps: Timestamps, blobs: Sequence[bytes]) -> None:
        self._alive.view()[sids] = True
        self._saw(int(timestamps.min()), int(timestamps.max()))
        self.histograms.add(sids.astype(np.int32), timestamps, blobs)

    def append_exemplars(self, sids: Rows, exemplars: Sequence[tuple[LabelSet, float, int]]) -> None:
        kept = [
            self.exemplars.add(sid, Exemplar(labels, value, timestamp_ms))
            for sid, (labels, value, timestamp_ms) in zip(sids.tolist(), exemplars, strict=True)
        ]
        if self.wal is not None and any(kept):
            chosen = [exemplar for exemplar, keep in zip(exemplars, kept, strict=True) if keep]
            self.wal.add(Kind.EXEMPLARS, *records.exemplars_parts(sids[np.array(kept)], chosen))

    def _store(self, sids: Rows, timestamps: Timestamps, values: Values) -> None:
        self.samples_appended += len(sids)
        self._alive.view()[sids] = True
        self._saw(int(timestamps.min()), int(timestamps.max()))
        self.log.add(sids.astype(np.int32), np.array(timestamps, np.int64), np.array(values, np.float64))

    # -- the log -------------------------------------------------------------------------------------------------------

    def log_shape(self, group: HeadGroup) -> None:
        if self.wal is not None and group.layout is not None:
            self.wal.add(Kind.LAYOUT, *records.layout_parts(group.number, group.layout.number))
            self.wal.add(Kind.SHAPE, *records.shape_parts(group.number, group.shape, group.sids))

    def log_row(self, group: HeadGroup, timestamp_ms: int, values: Values, appended: int) -> None:
        self.samples_appended += appended
        if self.wal is not None:
            self.wal.add(Kind.ROW, *records.row_parts(group.number, group.shape, timestamp_ms, values))

    @property
    def chunk_count(self) -> int:
        """Column chunks in memory and head files, as near as our layout has such a thing."""
        return sum(len(layout.sids) * len(layout.slabs()) for layout in list(self.layouts.values()))

    # -- sealing -------------------------------------------------------------------------------------------------------

    def seal(self, keep_segments_from: int) -> None:
        """Write full slabs to the head files, and those that would hold up the log; one maintenance thread. Raises `OSError`."""
        for layout in list(self.layouts.values()):
            slabs = layout.slabs()
            for slab in slabs:
                if slab is slabs[-1] and slab.count and slab.segment < keep_segments_from:
                    slab.window_end = MIN_TIME  # takes no further row; one that is being written is waited for
                complete = slab is not slabs[-1] or slab.count >= slab.limit or layout.closed
                if complete or (slab.window_end == MIN_TIME and not layout.writing):
                    if slab.values[: slab.count].size:  # rows of a target that has no series yet hold nothing
                        window = int(slab.times[0]) // self.options.block_ms * self.options.block_ms
                        self.files.seal(layout, slab, window)
                    layout.drop_slab(slab)

    def windows_before(self, until: int) -> list[int]:
        """Starts of the windows before a time that have samples."""
        if self.min_time >= until:
            return []
        span = self.options.block_ms
        found = {window for window in self.files.windows() if window < until}
        for layout in list(self.layouts.values()):
            found.update(int(slab.times[0]) // span * span for slab in layout.slabs() if slab.count)
        for run in self.log.runs():
            found.update((np.unique(run.times // span) * span).tolist())
        found.update((np.unique(self.histograms.run().times // span) * span).tolist())
        return sorted(window for window in found if window < until)

    def sids_between(self, min_ms: int, max_ms: int) -> Rows:
        """Series that can have a sample in a time range, ascending."""
        found = []
        for layout in list(self.layouts.values()):
            frames = layout.frames.view()
            inside = (self.files.last.view()[frames] >= min_ms) & (self.files.first.view()[frames] <= max_ms)
            slabs = any(slab.count and slab.times[0] <= max_ms and slab.last_time >= min_ms for slab in layout.slabs())
            if slabs or inside.any():
                found.append(layout.sids.view())
        found.extend(between(run, min_ms, max_ms).sids for run in self.log.runs())
        found.append(self.histograms.run().sids)
        return np.unique(np.concatenate(found)).astype(np.int64)

    def freeze(self) -> None:
        """What is in the sample log now will be in blocks at the next `truncate`; late samples that come meanwhile will not."""
        self.log.freeze()
        self.histograms.freeze()

    def truncate(self, until: int) -> None:
        """Forget samples before a time: they are in blocks now."""
        self.flushed_until = max(self.flushed_until, until)
        for layout in list(self.layouts.values()):
            frames = layout.frames.view()
            alive = frames[self.files.first.view()[frames] >= until]
            if len(alive) < len(frames):
                kept: Column[np.int64] = Column(np.int32, len(alive))
                kept.extend(alive)
                layout.frames = kept
            for slab in layout.slabs():
                if slab.count and slab.last_time < until:
                    layout.drop_slab(slab)
            self.forget_empty(layout)
        for window in self.files.windows():
            if window < until:
                self.files.drop(window)
        self.log.cut(until)
        self.histograms.cut(until)
        self.min_time = max(self.min_time, until)
        times = [run.times for run in self.log.runs()] + [self.histograms.run().times]
        self.min_time = min([self.min_time, *(int(late.min()) for late in times if len(late))])
        self.count_living(self.living)

    def living(self) -> Iterator[NDArray[Any]]:
        """The numbers of all series with samples in the head."""
        for layout in list(self.layouts.values()):
            yield layout.sids.view()
        for run in self.log.runs():
            yield run.sids
        yield self.histograms.run().sids

    def load(self, flushed_until: int) -> None:
        """Read the head files; comes before the replay of the log."""
        self.flushed_until = flushed_until
        self.files.load(self)
        if any(window < flushed_until for window in self.files.windows()):
            self.truncate(flushed_until)  # a crash came between writing the block and deleting the file
            self.min_time = MAX_TIME
        for layout in self.layouts.values():
            if len(layout.frames):
                first = int(self.files.first.view()[layout.frames.view()[0]])
                self._saw(first, layout.sealed_until)
                self.make_room()  # the log may not know these series: the kill came before it was written
                sids = layout.sids.view()
                self._last_time.view()[sids] = np.maximum(self._last_time.view()[sids], layout.sealed_until)

    def oldest_segment(self) -> int:
        """The oldest segment of the log with something that is nowhere else."""
        slabs = [slab.segment for layout in list(self.layouts.values()) for slab in layout.slabs()]
        return min([self.segment, *slabs])

    # -- replay --------------------------------------------------------------------------------------------------------

    def replay_rows(self, group: HeadGroup, times: list[int], rows: list[Values]) -> None:
        """Rows of one shape that were accepted before."""
        self._saw(times[0], times[-1])
        group.place(times[0], rows[0])
        if len(rows) > 1:
            group.place_more(np.array(times[1:]), np.array(rows[1:]))
        if group.shared:
            last = self._last_time.view()
            last[group.sids] = np.maximum(last[group.sids], times[-1])

    def replay_samples(self, sids: Rows, timestamps: Timestamps, values: Values) -> None:
        """Samples that were accepted before; in order ones before the last flush are in blocks."""
        if not self.options.out_of_order_window_ms and self.flushed_until > MIN_TIME:
            keep = timestamps >= self.flushed_until
            sids, timestamps, values = sids[keep], timestamps[keep], values[keep]
            if not len(sids):
                return
        self._alive.view()[sids] = True
        self._saw(int(timestamps.min()), int(timestamps.max()))
        self.log.add(sids.astype(np.int32, copy=False), timestamps, values)
        self._remember_newest(sids, timestamps, values)

    def replay_histograms(self, sids: Rows, timestamps: Timestamps, blobs: Sequence[bytes]) -> None:
        """Histograms that were accepted before."""
        self.store_histograms(sids, timestamps, blobs)
        self._remember_newest(sids, timestamps, np.array([decode_histogram(blob).sum for blob in blobs]))

    # -- reading -------------------------------------------------------------------------------------------------------

    def batches(self, sids: Rows, min_ms: int, max_ms: int) -> list[Batch]:
        """What the head has of some series (ascending sids) in a time range."""
        if not len(sids):
            return []
        found: list[Batch] = []
        wanted = self._placed(sids)
        if wanted:
            slabs = SlabBatch.collect(wanted, min_ms, max_ms)
            found += [FrameBatch.collect(self.files, wanted, min_ms, max_ms), slabs]
        found.extend(RunBatch(run, sids, min_ms, max_ms) for run in self.log.runs() if len(run))
        histograms = self.histograms.run()
        if len(histograms):
            found.append(HistogramBatch(histograms.pick(sids, min_ms, max_ms)))
        return found

    @property
    def settled(self) -> bool:
        """Whether `batches` has nothing to put in order first."""
        return self.log.settled and not len(self.histograms)

    def matching(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> Rows:
        """Series of the head that match, when it reaches into the time range at all; the head does not look closer."""
        if not self._reaches(min_ms, max_ms):
            return np.empty(0, np.int64)
        sids = self.table.match(matchers)
        alive = self._alive.view()
        sids = sids[sids < len(alive)]
        living: Rows = sids[alive[sids]]
        return living

    def labelled(self, matchers: Sequence[Matcher], min_ms: int, max_ms: int) -> Rows | None:
        """As `matching`, but None for all series there are: their labels then are those of the index."""
        whole = not matchers and self.all_alive and self._reaches(min_ms, max_ms)
        return None if whole else self.matching(matchers, min_ms, max_ms)

    def _reaches(self, min_ms: int, max_ms: int) -> bool:
        return self.min_time <= max_ms and self.max_time >= min_ms

    def _placed(self, sids: Rows) -> list[tuple[Layout, tuple[Slab, ...], Rows, NDArray[np.int32]]]:
        """(layout, its slabs, sids, columns) of every layout that has some of the series."""
        owned, numbers, columns = self.placements.of(sids)
        if not len(owned):
            return []
        order = np.argsort(numbers, kind="stable")
        owned, numbers, columns = owned[order], numbers[order], columns[order]
        edges = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1], True])
        wanted = []
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            layout = self.layouts.get(int(numbers[begin]))
            if layout is not None:
                wanted.append((layout, layout.slabs(), owned[begin:end], columns[begin:end]))
        return wanted
