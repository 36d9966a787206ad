import numpy as np

from collector.promql.columns import LabelSpace, label_order, row_ids, stacked
from collector.storage.symbols import LabelTable, Symbols
from pharos.labels import label_set


def table(*rows: dict[str, str], symbols: Symbols | None = None) -> LabelTable:
    return LabelTable.build([label_set(row) for row in rows], symbols)


def test_equal_rows_get_equal_numbers_in_the_order_of_appearance() -> None:
    ids, count = row_ids(np.array([[3, 1], [2, 2], [3, 1], [0, 0]], np.int32))
    assert (ids.tolist(), count) == ([0, 1, 0, 2], 3)


def test_many_wide_columns_do_not_overflow() -> None:
    codes = np.arange(40, dtype=np.int32).reshape(2, 20) + 2**30
    assert row_ids(np.vstack([codes, codes]))[0].tolist() == [0, 1, 0, 1]


def test_labels_are_ordered_as_prometheus_does() -> None:
    rows = table({"a": "2"}, {"b": "1"}, {"a": "1", "b": "1"}, {"a": "1"}, {})
    assert label_order(rows).tolist() == [4, 3, 2, 0, 1]


def test_labels_that_are_the_same_everywhere_and_nowhere() -> None:
    rows = table({"a": "1", "n": "x"}, {"n": "x"}, {"b": "1", "n": "x"}, {"n": "x", "z": "1"})
    assert label_order(rows).tolist() == [0, 2, 1, 3]
    wider = LabelTable(rows.symbols, ("0", *rows.names), np.hstack([np.zeros((4, 1), np.int32), rows.codes]))
    assert label_order(wider).tolist() == [0, 2, 1, 3]


def test_tables_of_other_symbols_are_translated() -> None:
    space = LabelSpace()
    first = space.adopt(table({"a": "x"}))
    second = space.adopt(table({"a": "y"}, {"a": "x"}))
    assert second.codes[1, 0] == first.codes[0, 0]
    assert second.labels(0) == {"a": "y"}


def test_texts_that_came_later_do_not_collide() -> None:
    symbols = Symbols()
    space = LabelSpace()
    space.adopt(table({"a": "x"}, symbols=symbols))
    made_up = space.symbols.intern("made up")
    late = space.adopt(table({"a": "late"}, symbols=symbols))
    assert late.labels(0) == {"a": "late"}
    assert space.symbols.text(made_up) == "made up"


def test_tables_made_before_the_first_selection_stay_valid() -> None:
    space = LabelSpace()
    early = space.empty(1)
    space.adopt(table({"a": "x"}))
    assert early.symbols is space.symbols
    assert early.symbols.text(0) == ""


def test_rows_of_several_matrices_stand_by_their_numbers() -> None:
    rows, values = stacked([np.array([1, 4]), np.array([0, 3])], [np.array([[1.0], [4.0]]), np.array([[0.0], [3.0]])])
    assert (rows.tolist(), values[:, 0].tolist()) == ([0, 1, 3, 4], [0.0, 1.0, 3.0, 4.0])
    rows, values = stacked([np.array([2, 1])], [np.array([[2.0], [1.0]])])
    assert (rows.tolist(), values[:, 0].tolist()) == ([1, 2], [1.0, 2.0])
