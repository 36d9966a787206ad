"""Matchers as a user types them."""

import pytest

from dashboards.sources.matchers import format_matcher, parse_matchers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", [("a", "b", False, True)]),
        ('{a="b, c", d!=e}', [("a", "b, c", False, True), ("d", "e", False, False)]),
        ('a=~"x.*",b!~y', [("a", "x.*", True, True), ("b", "y", True, False)]),
        (r'a="say \"hi\""', [("a", 'say "hi"', False, True)]),
    ],
)
def test_matchers_are_read(text: str, expected: list[tuple[str, str, bool, bool]]) -> None:
    keys = ("name", "value", "isRegex", "isEqual")
    assert [tuple(matcher[key] for key in keys) for matcher in parse_matchers(text)] == expected


@pytest.mark.parametrize("text", ["", "{}", "alertname", "a=b c=d", "=x"])
def test_what_cannot_be_read_is_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"matcher is needed|cannot read"):
        parse_matchers(text)


def test_a_matcher_is_written_as_it_is_read() -> None:
    for matcher in parse_matchers('a="1", b!="2", c=~"3", d!~"4"'):
        assert parse_matchers(format_matcher(matcher)) == [matcher]
