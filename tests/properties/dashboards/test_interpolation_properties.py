"""Whatever a variable holds, it stays inside its string, and as a regular expression it means just itself."""

import re

from hypothesis import given
from hypothesis import strategies as st

from dashboards.model.interpolation import Value, interpolate
from dashboards.sources.matchers import format_matcher, parse_matchers

texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30)


def unquoted(text: str) -> str:
    """The value of a PromQL string whose only escapes are doubled backslashes and quotes."""
    assert re.fullmatch(r'(?:[^"\\]|\\["\\])*', text), text
    return re.sub(r"\\(.)", r"\1", text)


@given(texts)
def test_a_single_value_stays_inside_its_string(value: str) -> None:
    assert unquoted(interpolate("$v", {"v": Value((value,))})) == value


@given(st.lists(st.text("abc.*+|()[]{}^$/?\\", min_size=1, max_size=8), min_size=1, max_size=4))
def test_several_values_match_themselves_and_only_themselves(values: list[str]) -> None:
    pattern = unquoted(interpolate("$v", {"v": Value(tuple(values), multi=True)}))
    assert all(re.fullmatch(pattern, value) for value in values)
    assert not re.fullmatch(pattern, "".join(values) + "x")


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
            st.text("ab\"'=,~!. ", max_size=8),
            st.booleans(),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_matchers_survive_being_written(matchers: list[tuple[str, str, bool, bool]]) -> None:
    keys = ("name", "value", "isRegex", "isEqual")
    given_ = [dict(zip(keys, matcher, strict=True)) for matcher in matchers]
    assert parse_matchers(", ".join(format_matcher(matcher) for matcher in given_)) == given_
