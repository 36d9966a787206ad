"""Arithmetic on label columns: identity of series without hashing strings.

Every table of one query shares one `Symbols`, so equal codes are equal texts, in whichever table they stand.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.promql.parser.quoting import go_quote
from collector.storage.symbols import LabelTable, Symbols
from pharos.labels import METRIC_NAME, Labels, is_legacy_label_name

METADATA = frozenset({METRIC_NAME, "__type__", "__unit__"})

Codes = NDArray[np.int32]
Index = NDArray[np.int64]


class LabelSpace:
    """The symbols of one query. Tables of the storage come in through `adopt`."""

    def __init__(self) -> None:
        self._parent: Symbols | None = None
        self._base = 0
        self.symbols = Symbols()

    def adopt(self, table: LabelTable) -> LabelTable:
        """The same labels in this query's codes."""
        if self._parent is None and len(self.symbols) == 1:
            self._parent = table.symbols
            self._base = len(table.symbols)
            self.symbols.rebase(table.symbols)
        known = table.symbols is self._parent and (table.codes.size == 0 or int(table.codes.max()) < self._base)
        if known or table.symbols is self.symbols:
            return LabelTable(self.symbols, table.names, table.codes)
        used, place = np.unique(table.codes, return_inverse=True)
        mapped = np.array([self.symbols.intern(table.symbols.text(code)) for code in used.tolist()], np.int32)
        return LabelTable(self.symbols, table.names, mapped[place].reshape(table.codes.shape).astype(np.int32))

    def empty(self, rows: int = 0) -> LabelTable:
        """`rows` series without labels."""
        return LabelTable(self.symbols, (), np.zeros((rows, 0), np.int32))

    def row(self, labels: Iterable[tuple[str, str]]) -> LabelTable:
        """One series."""
        pairs = [(name, value) for name, value in labels if value]
        codes = np.array([[self.symbols.intern(value) for _, value in pairs]], np.int32).reshape(1, len(pairs))
        return LabelTable(self.symbols, tuple(name for name, _ in pairs), codes)


def take(table: LabelTable, rows: Index | NDArray[np.bool_]) -> LabelTable:
    return LabelTable(table.symbols, table.names, table.codes[rows])


def without(table: LabelTable, names: Iterable[str]) -> LabelTable:
    """The table less some columns."""
    gone = set(names)
    keep = [index for index, name in enumerate(table.names) if name not in gone]
    if len(keep) == len(table.names):
        return table
    return LabelTable(table.symbols, tuple(table.names[index] for index in keep), table.codes[:, keep])


def only(table: LabelTable, names: Iterable[str]) -> LabelTable:
    """The table with no other columns than these."""
    wanted = set(names)
    return without(table, [name for name in table.names if name not in wanted])


def with_column(table: LabelTable, name: str, codes: Codes) -> LabelTable:
    """The table with one column set."""
    if name in table.names:
        changed = table.codes.copy()
        changed[:, table.names.index(name)] = codes
        return LabelTable(table.symbols, table.names, changed)
    return LabelTable(table.symbols, (*table.names, name), np.column_stack([table.codes, codes]).astype(np.int32))


def stack(tables: Sequence[LabelTable]) -> LabelTable:
    """Rows of several tables below each other."""
    if len(tables) == 1:
        return tables[0]
    if all(table.names == tables[0].names for table in tables):
        return LabelTable(tables[0].symbols, tables[0].names, np.concatenate([table.codes for table in tables]))
    names = tuple(dict.fromkeys(name for table in tables for name in table.names))
    return LabelTable(tables[0].symbols, names, np.concatenate([matrix(table, names) for table in tables]))


def matrix(table: LabelTable, names: Sequence[str]) -> Codes:
    """The codes of the named columns, in this order; zeros where the table has none."""
    if tuple(names) == table.names:
        return table.codes
    out = np.zeros((len(table), len(names)), np.int32)
    place = {name: index for index, name in enumerate(table.names)}
    for column, name in enumerate(names):
        if name in place:
            out[:, column] = table.codes[:, place[name]]
    return out


def labels_text(labels: Labels) -> str:
    """All labels of a series between braces, its name like any other, as messages show them."""
    quoted = ((name if is_legacy_label_name(name) else go_quote(name), value) for name, value in labels.items())
    shown = (f"{name}={go_quote(value)}" for name, value in quoted)
    return "{" + ", ".join(shown) + "}"


def stacked(rows: Sequence[Index], matrices: Sequence[NDArray[Any]]) -> tuple[Index, NDArray[Any]]:
    """Rows of several matrices put into one by their numbers: `matrices[i][j]` is row `rows[i][j]`. The numbers, ascending, and the matrix."""
    numbers = rows[0] if len(rows) == 1 else np.concatenate(rows)
    if (numbers[1:] > numbers[:-1]).all():
        return numbers, matrices[0] if len(rows) == 1 else np.concatenate(matrices)
    ordered = np.sort(numbers)
    out = np.empty((len(ordered), *matrices[0].shape[1:]), matrices[0].dtype)
    for mine, matrix_ in zip(rows, matrices, strict=True):
        out[np.searchsorted(ordered, mine)] = matrix_
    return ordered, out


def is_constant(column: Codes) -> bool:
    return len(column) == 0 or bool((column == column[0]).all())


def row_ids(codes: Codes) -> tuple[Index, int]:
    """Equal rows get equal numbers 0..n-1, in the order of their first row; and n."""
    rows = codes.shape[0]
    if rows == 0:
        return np.zeros(0, np.int64), 0
    if rows == 1:
        return np.zeros(1, np.int64), 1
    key = np.zeros(rows, np.int64)
    size = 1
    for column in codes.T:
        if is_constant(column):
            continue
        top = int(column.max()) + 1
        if size * top >= 2**62:
            _, key = np.unique(key, return_inverse=True)
            size = int(key.max()) + 1
        key = key * top + column
        size *= top
    return _by_first(key)


def _by_first(key: Index) -> tuple[Index, int]:
    if is_constant(key):  # type: ignore[arg-type]
        return np.zeros(len(key), np.int64), 1
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    number = np.empty(len(first), np.int64)
    number[order] = np.arange(len(first))
    return number[inverse], len(first)


def label_order(table: LabelTable) -> Index:
    """The order of the rows by their sorted labels, as Prometheus compares label sets."""
    rows = len(table)
    if rows < 2:
        return np.arange(rows)
    columns = sorted(range(len(table.names)), key=lambda index: table.names[index])
    later = np.zeros(rows, np.bool_)
    keys = []
    for index in reversed(columns):
        codes = table.codes[:, index]
        if not is_constant(codes):
            keys.append(_ranks(table.symbols, codes, later))
            later = later | (codes != 0)
        elif codes[0]:
            later = np.ones(rows, np.bool_)
    return np.lexsort(keys) if keys else np.arange(rows)


def _ranks(symbols: Symbols, codes: Codes, later: NDArray[np.bool_]) -> Index:
    used, inverse = np.unique(codes, return_inverse=True)
    texts = [text.encode("utf-8", "surrogateescape") for text in symbols.texts(used.tolist())]
    rank = np.empty(len(used), np.int64)
    rank[np.array(sorted(range(len(used)), key=texts.__getitem__))] = np.arange(1, len(used) + 1)
    ranks = rank[inverse]
    absent = codes == 0
    # A series without this label: the one whose labels end here comes first, one that goes on with a later name comes last.
    ranks[absent & ~later] = 0
    ranks[absent & later] = len(used) + 2
    return ranks
