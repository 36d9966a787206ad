"""Parts of documents."""

from logstore.source_filter import fields_of, filter_source, values_at

DOC = {"a": {"b": 1, "c": [{"d": 2}, {"d": 3}]}, "e.f": 4, "g": None}


def test_values_through_objects_lists_and_dotted_keys() -> None:
    assert values_at(DOC, "a.b") == [1]
    assert values_at(DOC, "a.c.d") == [2, 3]
    assert values_at(DOC, "e.f") == [4]
    assert values_at(DOC, "nope") == []


def test_source_filtering() -> None:
    assert filter_source(DOC, False) is None
    assert filter_source(DOC, "a.b") == {"a": {"b": 1}}
    assert filter_source(DOC, ["a.*", "g"]) == {"a": {"b": 1, "c": [{"d": 2}, {"d": 3}]}, "g": None}
    assert filter_source(DOC, {"excludes": ["a"]}) == {"e.f": 4, "g": None}
    assert filter_source(DOC, {"includes": ["a"], "excludes": ["a.c"]}) == {"a": {"b": 1}}


def test_fields_are_flat_lists() -> None:
    assert fields_of(DOC, ["a.*"]) == {"a.b": [1], "a.c.d": [2, 3]}
