import re

import pytest

from pharos.regex import Regex, RegexError, anchored


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a|b|c", ["a", "c"], ["", "ab", "d"]),
        ("foo.*", ["foo", "foobar", "foo\nbar"], ["fo", "xfoo"]),
        (".+", ["a"], [""]),
        (".*", ["", "x"], []),
        ("", [""], ["a"]),
        ("5..", ["500", "5xx"], ["50", "5000"]),
        ("ab*", ["a", "abbb"], ["b"]),
        ("(?i)get", ["GET", "get"], ["gets"]),
        ("a|", ["a", ""], ["b"]),
        ("foo|bar.*", ["foo", "barn"], ["food"]),
    ],
)
def test_matches_the_whole_text(pattern: str, yes: list[str], no: list[str]) -> None:
    regex = Regex(pattern)
    assert [text for text in yes if not regex.matches(text)] == []
    assert [text for text in no if regex.matches(text)] == []


def test_literals_and_prefix_need_no_engine() -> None:
    assert Regex("a|b").literals == {"a", "b"}
    assert Regex("(a|b)").literals == {"a", "b"}
    assert Regex("node_.*").prefix == "node_"
    assert Regex("nodes?").prefix == "node"
    assert Regex("a|b.*").prefix == ""


@pytest.mark.parametrize("pattern", ["(", "a**", "(?=x)", r"\1"])
def test_refuses_what_re2_refuses(pattern: str) -> None:
    with pytest.raises(RegexError, match=re.escape("error parsing regexp")):
        anchored(pattern)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("$1", "a"),
        ("${1}x", "ax"),
        ("$1x", ""),
        ("$$", "$"),
        ("$9", ""),
        ("${name}", "b"),
        ("$", "$"),
        (r"\1", r"\1"),
        ("$-1", "$-1"),
        ("$2$1", "ba"),
    ],
)
def test_expands_in_the_way_of_go(template: str, result: str) -> None:
    assert Regex("(.)-(?P<name>.)").expand("a-b", template) == result


def test_a_pattern_that_kills_backtracking_engines_is_harmless() -> None:
    assert not anchored("(a+)+$").matches("a" * 40 + "b")


def test_bad_patterns_are_explained_in_the_words_of_go() -> None:
    with pytest.raises(RegexError, match=r"error parsing regexp: missing closing \): `\(a`"):
        anchored("(a")
