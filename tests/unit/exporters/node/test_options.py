import pytest

from exporters.node.options import Filter, compile_pattern


def test_without_patterns_everything_is_allowed() -> None:
    assert Filter().allows("eth0")


def test_patterns_are_found_anywhere() -> None:
    chosen = Filter(exclude="eth")
    assert not chosen.allows("veth1")
    assert chosen.allows("lo")


def test_an_include_pattern_alone_decides() -> None:
    chosen = Filter(include="^eth", exclude="eth0")
    assert [chosen.allows(name) for name in ("eth0", "veth", "lo")] == [True, False, False]
    assert chosen.allows("eth0")


@pytest.mark.parametrize(
    ("pattern", "text"), [(r"^\pL+$", "äb"), ("[[:alpha:]]+", "a"), (r"(?i)ETH", "eth"), (r"a\z", "a")]
)
def test_what_only_re2_knows_goes_to_re2(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).search(text) is not None


@pytest.mark.parametrize("pattern", ["(", "[[:nope:]]", "a**"])
def test_bad_patterns(pattern: str) -> None:
    with pytest.raises(ValueError, match="error parsing regexp"):
        compile_pattern(pattern)
