"""Marked words."""

from logstore.highlight import Highlighter

ALL = {"fields": {"message": {}}, "pre_tags": ["<"], "post_tags": [">"], "number_of_fragments": 0}


def test_words_are_marked_where_they_stand() -> None:
    marked = Highlighter(ALL, [("message", "timeout")]).mark({"message": "Timeout: upstream timeout, timeouts"})
    assert marked == {"message": ["<Timeout>: upstream <timeout>, timeouts"]}


def test_patterns_and_ideographs() -> None:
    terms = [("message", "/time.*"), ("message", "库")]
    assert Highlighter(ALL, terms).mark({"message": "timeouts 数据库"}) == {"message": ["<timeouts> 数据<库>"]}


def test_other_fields_only_when_allowed() -> None:
    doc = {"message": "error"}
    assert Highlighter(ALL, [("level", "error")]).mark(doc) == {}
    assert Highlighter({**ALL, "require_field_match": False}, [("level", "error")]).mark(doc) == {
        "message": ["<error>"]
    }


def test_fragments_of_a_long_text() -> None:
    text = "word " * 100 + "needle " + "word " * 100 + "needle end"
    fragments = Highlighter({"fields": {"*": {}}}, [("message", "needle")]).mark({"message": text})["message"]
    assert len(fragments) == 2
    assert all("<em>needle</em>" in fragment and len(fragment) < 160 for fragment in fragments)
