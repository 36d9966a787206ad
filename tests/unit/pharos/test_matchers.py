import pytest

from pharos.matchers import Matcher, MatchOp, parse_matcher, parse_matchers


@pytest.mark.parametrize(
    ("text", "op", "value"),
    [
        ('a="b"', MatchOp.EQUAL, "b"),
        ("a!=b", MatchOp.NOT_EQUAL, "b"),
        ('a =~ "x|y"', MatchOp.REGEX, "x|y"),
        ("a!~''", MatchOp.NOT_REGEX, ""),
        ("a=", MatchOp.EQUAL, ""),
    ],
)
def test_reads_one_matcher(text: str, op: MatchOp, value: str) -> None:
    assert parse_matcher(text) == Matcher("a", op, value)


def test_reads_lists_with_and_without_braces() -> None:
    expected = [Matcher("a", MatchOp.EQUAL, "1"), Matcher("b", MatchOp.NOT_REGEX, "x,y")]
    assert parse_matchers('{a="1", b!~"x,y"}') == expected
    assert parse_matchers('a=1,b!~"x,y",') == expected
    assert parse_matchers('up{a="1"}') == [Matcher("__name__", MatchOp.EQUAL, "up"), expected[0]]
    assert parse_matchers("up") == [Matcher("__name__", MatchOp.EQUAL, "up")]
    assert parse_matchers("{}") == []


def test_escapes_and_odd_names() -> None:
    assert parse_matcher(r'"my label"="a\"b\n"') == Matcher("my label", MatchOp.EQUAL, 'a"b\n')
    assert str(parse_matcher('"my label"="x"')) == '"my label"="x"'


@pytest.mark.parametrize("text", ["", "a", "=b", 'a="b', "a==b", 'a="b" c="d"'])
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"matcher|comma"):
        parse_matchers(text) if " c" in text else parse_matcher(text)


def test_a_missing_label_is_the_empty_text() -> None:
    assert Matcher("a", MatchOp.EQUAL, "").matches({})
    assert Matcher("a", MatchOp.NOT_REGEX, ".+").matches({"b": "1"})
    assert not Matcher("a", MatchOp.NOT_EQUAL, "1").matches({"a": "1"})
