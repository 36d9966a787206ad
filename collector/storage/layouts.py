"""Which layouts the head has, and where each series is in them.

A layout outlives the group that writes it: after a restart the next group with its series goes on with it.
"""

import threading

import numpy as np

from collector.storage.headfiles import LayoutBook
from collector.storage.interface import Rows
from collector.storage.layout import Layout, Placements
from collector.storage.options import StorageOptions
from collector.storage.roster import Roster
from collector.storage.series import SeriesTable
from pharos.clock import Clock


class Layouts(Roster, LayoutBook):
    """The appending thread takes and extends layouts, the maintenance thread forgets empty ones."""

    def __init__(self, table: SeriesTable, options: StorageOptions, clock: Clock) -> None:
        super().__init__(table, options, clock)
        self.layouts: dict[int, Layout] = {}
        self.placements = Placements()
        self.next_layout = 1  # a number that no layout has
        self._taking = threading.Lock()  # a layout that is taken again is not forgotten

    def layout_for(self, sids: Rows) -> Layout:
        """One that had these series and that nobody writes to: else layouts would pile up with each restart; or a new one."""
        _, numbers, _ = self.placements.of(sids[:1])
        for number in numbers.tolist():
            layout = self.layouts.get(number)
            if (
                layout is not None
                and not layout.taken
                and 2 * np.count_nonzero(layout.columns_of(sids) >= 0) > len(sids)
            ):
                with self._taking:
                    if number in self.layouts:
                        layout.reopen()
                        return layout
        return self.layout_numbered(self.next_layout)

    def layout_numbered(self, number: int) -> Layout:
        """A layout that is taken from now on."""
        layout = self._layout(number)
        layout.reopen()
        return layout

    def _layout(self, number: int) -> Layout:
        layout = self.layouts.get(number)
        if layout is None:
            layout = self.layouts[number] = Layout(number)
            self.next_layout = max(self.next_layout, number + 1)
        return layout

    def extend_layout(self, layout: Layout, sids: Rows) -> None:
        first = len(layout.sids)
        layout.sids.extend(sids)
        self.placements.add(sids, layout.number, first)
        self._alive.fill_to(len(self.table), False)
        self._alive.view()[sids] = True

    def forget_empty(self, layout: Layout) -> None:
        """Nobody writes to it, and it holds nothing any more."""
        with self._taking:
            if not layout.taken and not len(layout.frames) and not layout.slabs():
                del self.layouts[layout.number]

    def find(self, number: int) -> Layout | None:
        return self.layouts.get(number)

    def restore(self, number: int, before: int, sids: Rows) -> bool:
        layout = self._layout(number)
        known = layout.sids.view()
        common = min(len(known) - before, len(sids))
        if before > len(known) or not np.array_equal(known[before : before + common], sids[:common]):
            return False
        if common < len(sids):
            self.extend_layout(layout, sids[common:])
        return True
