"""Fields: learnt from documents, declared by clients, never a reason to refuse a document."""

import pytest

from logstore.errors import ElasticError
from logstore.mapping import LONGEST_KEYWORD, Mapping, merged


def test_logs_have_keywords_and_message_text() -> None:
    mapping = Mapping(keywords=True)
    doc = {"level": "info", "n": 1, "f": 1.5, "ok": True, "at": "2026-11-20T10:00:00Z", "error": {"message": "boom"}}
    whole, words = mapping.split(doc, careful=False)
    assert words == {"error.message": "boom"}
    assert whole["level"] == "info"
    assert {name: field.type for name, field in mapping.fields.items()} == {
        "level": "keyword", "n": "long", "f": "float", "ok": "boolean", "at": "date", "error": "object", "error.message": "text",
    }  # fmt: skip


def test_other_indices_have_text_with_a_keyword_beside_it() -> None:
    mapping = Mapping(keywords=False)
    whole, words = mapping.split({"title": "Hello World"}, careful=False)
    assert (whole, words) == ({"title": "Hello World"}, {"title": "Hello World"})
    assert mapping.shown()["properties"]["title"] == {
        "type": "text",
        "fields": {"keyword": {"type": "keyword", "ignore_above": LONGEST_KEYWORD}},
    }


def test_a_field_may_come_with_several_types() -> None:
    mapping = Mapping(keywords=True)
    mapping.split({"code": 404}, careful=False)
    mapping.split({"code": "oops"}, careful=False)
    assert mapping.fields["code"].types == ["long", "keyword"]


def test_long_strings_are_words_only() -> None:
    mapping = Mapping(keywords=True)
    long = "word " * 400
    whole, words = mapping.split({"stack": long, "inner": {"deep": long}}, careful=True)
    assert words == {"stack": long, "inner.deep": long}
    assert whole == {"stack": None, "inner": {"deep": None}}


def test_lists_of_objects_are_looked_into() -> None:
    mapping = Mapping(keywords=False)
    _, words = mapping.split({"people": [{"name": "Ann"}, {"name": "Bob"}]}, careful=False)
    assert words == {"people.name": ["Ann", "Bob"]}


def test_declared_numbers_take_strings() -> None:
    mapping = Mapping(keywords=True)
    mapping.declare({"properties": {"size": {"type": "long"}, "ratio": {"type": "double"}}})
    whole, _ = mapping.split({"size": "12", "ratio": "0.5"}, careful=False)
    assert whole == {"size": 12, "ratio": 0.5}
    assert mapping.split({"size": "many", "ratio": "0.5"}, careful=False)[0]["size"] == "many"


def test_a_declared_type_cannot_be_changed_nor_unknown() -> None:
    mapping = Mapping(keywords=True)
    mapping.declare({"properties": {"size": {"type": "long"}}})
    with pytest.raises(ElasticError, match="cannot be changed from type"):
        mapping.declare({"properties": {"size": {"type": "keyword"}}})
    with pytest.raises(ElasticError, match="No handler for type"):
        mapping.declare({"properties": {"x": {"type": "keywrod"}}})


def test_a_mapping_survives_saving() -> None:
    mapping = Mapping(keywords=True)
    mapping.declare({"properties": {"a": {"properties": {"b": {"type": "ip"}}}}, "dynamic": "true"})
    mapping.split({"c": 1}, careful=False)
    assert Mapping.from_json(mapping.to_json()).shown() == mapping.shown()


def test_merged_types_of_two_indices() -> None:
    one, two = Mapping(keywords=True), Mapping(keywords=True)
    one.split({"a": 1}, careful=False)
    two.split({"a": "x", "b": True}, careful=False)
    assert merged([one, two]) == {"a": ["long", "keyword"], "b": ["boolean"]}
