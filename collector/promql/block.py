"""What an expression evaluates to. Arrays are never changed in place: blocks share them freely.

S series, T steps.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from collector.promql.columns import METADATA, Index, is_constant, row_ids, take, without
from collector.promql.errors import ExecutionError
from collector.storage.symbols import LabelTable
from pharos.labels import METRIC_NAME

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Objects: TypeAlias = NDArray[np.object_]

SAME_LABELS = "vector cannot contain metrics with the same labelset"


@dataclass(frozen=True, slots=True)
class Block:
    """An instant vector at every step.

    values    float64[S, T], meaningless where absent or where a histogram stands
    present   bool[S, T], None when every cell has a sample
    hist      object[S, T] with a FloatHistogram or None in each cell; None when there is none at all
    drop_name bool[S], series whose name goes away at the end (delayed name removal); None when there is none
    ordered   whether the order of the rows means something (`sort`, `topk`)
    """

    labels: LabelTable
    values: Floats
    present: Mask | None = None
    hist: Objects | None = None
    drop_name: Mask | None = None
    ordered: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    def mask(self) -> Mask:
        """bool[S, T]: where there is a sample."""
        return np.ones(self.values.shape, np.bool_) if self.present is None else self.present

    def any_present(self) -> Mask:
        """bool[T]: at which steps there is any sample."""
        return np.asarray(self.mask().any(axis=0), np.bool_).reshape(self.values.shape[1])

    def float_mask(self) -> Mask | None:
        """Where there is a float; None for everywhere."""
        if self.hist is None:
            return self.present
        floats = ~holds(self.hist)
        return floats if self.present is None else floats & self.present

    def hist_cells(self) -> list[tuple[int, int]]:
        """(row, step) of the native histograms."""
        if self.hist is None:
            return []
        rows, steps = np.nonzero(self.mask() & holds(self.hist))
        return list(zip(rows.tolist(), steps.tolist(), strict=True))

    def rows(self, rows: Index | Mask) -> "Block":
        """Some of the series."""
        return replace(
            self,
            labels=take(self.labels, rows),
            values=self.values[rows],
            present=None if self.present is None else self.present[rows],
            hist=None if self.hist is None else self.hist[rows],
            drop_name=None if self.drop_name is None else self.drop_name[rows],
        )

    def compact(self) -> "Block":
        """Without series that have no sample at all."""
        if self.present is None:
            return self
        alive = self.present.any(axis=1)
        if alive.all():
            return replace(self, present=None) if self.present.all() else self
        return self.rows(np.nonzero(alive)[0])

    def repeated(self, steps: int) -> "Block":
        """One step, the same at each of `steps`."""
        shape = (len(self), steps)
        return replace(
            self,
            values=np.broadcast_to(self.values, shape),
            present=None if self.present is None else np.broadcast_to(self.present, shape),
            hist=None if self.hist is None else np.broadcast_to(self.hist, shape),
        )


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number at each step: float64[T]."""

    values: Floats


Value: TypeAlias = Block | Scalar | str


def holds(objects: Objects) -> Mask:
    """Which cells hold something other than None."""
    return np.asarray(np.not_equal(objects, None), np.bool_)  # type: ignore[call-overload]


def new_present(mask: Mask | None) -> Mask | None:
    """A mask, or None when it says nothing."""
    return None if mask is None or mask.all() else mask


def both(a: Mask | None, b: Mask | None) -> Mask | None:
    if a is None:
        return b
    return a if b is None else a & b


def drop_names(block: Block, *, delayed: bool, strict: bool = False) -> Block:
    """The metric name goes: now, or when the query ends (`delayed`). strict: series that become equal are an error even if
    they never meet at one step."""
    if delayed:
        return replace(block, drop_name=np.ones(len(block), np.bool_))
    distinct = _single_valued(block.labels)
    bare = replace(block, labels=without(block.labels, METADATA))
    if distinct:
        return bare
    if strict:
        _, count = row_ids(bare.labels.codes)
        if count < len(bare):
            raise ExecutionError(SAME_LABELS)
        return bare
    return merge_equal(bare)


def _single_valued(labels: LabelTable) -> bool:
    """Whether taking away the metadata columns cannot make two series equal."""
    return all(is_constant(labels.column(name)) for name in METADATA if name in labels.names)


def finish_names(block: Block) -> Block:
    """What delayed name removal has left for the end."""
    if block.drop_name is not None and block.drop_name.any():
        codes = block.labels.codes.copy()
        for name in METADATA:
            if name in block.labels.names:
                codes[block.drop_name, block.labels.names.index(name)] = 0
        block = replace(block, labels=LabelTable(block.labels.symbols, block.labels.names, codes), drop_name=None)
    return merge_equal(block)


def merge_equal(block: Block) -> Block:
    """Series with equal labels become one. Raises `ExecutionError` when two of them have a sample at the same step."""
    ids, count = row_ids(block.labels.codes)
    if count == len(block):
        return block
    mask = block.mask()
    meetings = np.zeros((count, mask.shape[1]), np.int64)
    np.add.at(meetings, ids, mask)
    if (meetings > 1).any():
        raise ExecutionError(SAME_LABELS)
    values = np.zeros(meetings.shape)
    rows, steps = np.nonzero(mask)
    values[ids[rows], steps] = block.values[rows, steps]
    hist: Objects | None = None
    if block.hist is not None:
        hist = np.full(meetings.shape, None, object)
        hist[ids[rows], steps] = block.hist[rows, steps]
    first = np.unique(ids, return_index=True)[1]
    drop = None if block.drop_name is None else block.drop_name[first]
    return Block(take(block.labels, first), values, new_present(meetings > 0), hist, drop, block.ordered)


def names_of(labels: LabelTable, rows: Index | Mask | None = None) -> list[str]:
    """The distinct metric names of some series, in the order of their codes."""
    column = labels.column(METRIC_NAME)
    used = np.unique(column if rows is None else column[rows])
    return [labels.symbols.text(code) for code in used.tolist()]
