import numpy as np

from collector.storage.symbols import LabelTable, Symbols


def test_the_labels_of_all_series_are_those_of_each() -> None:
    table = LabelTable.build([(("a", "1"), ("z", "x")), (("b", "1"),), ()])
    shuffled = LabelTable(table.symbols, table.names[::-1], table.codes[:, ::-1])
    expected = [{"a": "1", "z": "x"}, {"b": "1"}, {}]
    for columns in (table, shuffled):
        assert [list(labels.items()) for labels in columns.all_labels()] == [list(e.items()) for e in expected]
    assert LabelTable(Symbols(), (), np.zeros((2, 0), np.int32)).all_labels() == [{}, {}]


def test_texts_of_a_child_are_its_own_and_its_parents() -> None:
    parent = Symbols()
    one = parent.intern("one")
    child = parent.child()
    two = child.intern("two")
    assert parent.texts([one, 0]) == ["one", ""]
    assert child.texts([two, one]) == ["two", "one"]
