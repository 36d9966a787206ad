import pytest

from collector.api.errors import ApiError
from collector.api.parameters import Parameters, engine_ms, parse_duration_s, parse_time_ms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("1700000000.1239", 1_700_000_000_124),
        ("-1.5", -1500),
        ("2024-05-01T10:20:30.781Z", 1_714_558_830_781),
        ("2024-05-01T10:20:30+02:00", 1_714_551_630_000),
    ],
)
def test_times(text: str, expected: int) -> None:
    assert expected == parse_time_ms(text)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "+nan", "2024-05-01", "2024-13-01T00:00:00Z", "1e400", "2024-05-01t10:20:30z"]
)
def test_bad_times(text: str) -> None:
    with pytest.raises(ValueError, match="to a valid timestamp"):
        parse_time_ms(text)


@pytest.mark.parametrize(("text", "expected"), [("0.5", 0.5), ("1m30s", 90.0), ("5", 5.0)])
def test_durations(text: str, expected: float) -> None:
    assert expected == parse_duration_s(text)


def test_bad_durations() -> None:
    with pytest.raises(ValueError, match='cannot parse "abc" to a valid duration'):
        parse_duration_s("abc")
    with pytest.raises(ValueError, match="overflows"):
        parse_duration_s("1e20")


def test_the_first_of_several_values_counts() -> None:
    parameters = Parameters([("query", "1"), ("query", "2"), ("match[]", "a"), ("match[]", "b")])
    assert parameters.text("query") == "1"
    assert [[str(matcher) for matcher in one] for one in parameters.matchers()] == [['__name__="a"'], ['__name__="b"']]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("limit", "-1")], 'invalid parameter "limit": limit must be non-negative'),
        ([("limit", "abc")], 'invalid parameter "limit": strconv.Atoi: parsing "abc": invalid syntax'),
    ],
)
def test_bad_limits(pairs: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        Parameters(pairs).limit()
    assert caught.value.message == message


def test_a_selector_must_select_something() -> None:
    with pytest.raises(ApiError, match="at least one non-empty matcher"):
        Parameters([("match[]", '{a=~".*"}')]).matchers()
    with pytest.raises(ApiError, match="no match"):
        Parameters([]).needed_matchers()


def test_times_that_no_clock_shows_are_what_go_makes_of_them() -> None:
    assert [engine_ms(parse_time_ms(text)) for text in ("nan", "Inf", "1e20")] == [-9223372036854, -9223372036854, 0]
    assert engine_ms(parse_time_ms("1_000")) == 1_000_000
    assert engine_ms(-1) == -1
