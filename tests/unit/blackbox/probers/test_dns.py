import pytest

from blackbox.config import RecordCheck
from blackbox.pattern import Pattern
from blackbox.probers.dns import check_records

RECORDS = ["a.\t60\tIN\tA\t127.0.0.1", "a.\t60\tIN\tA\t127.0.0.2"]


def rule(name: str, *patterns: str) -> RecordCheck:
    return RecordCheck(**{name: tuple(Pattern(one) for one in patterns)})


@pytest.mark.parametrize(
    ("check", "good"),
    [
        (rule("fail_if_matches_regexp", r"127\.0\.0\.2"), False),
        (rule("fail_if_matches_regexp", r"10\."), True),
        (rule("fail_if_not_matches_regexp", r"127\."), True),
        (rule("fail_if_not_matches_regexp", r"127\.0\.0\.1$"), False),
        (rule("fail_if_none_matches_regexp", r"127\.0\.0\.1$"), True),
        (rule("fail_if_none_matches_regexp", r"10\."), False),
        (rule("fail_if_all_match_regexp", r"127\."), True),
        (rule("fail_if_all_match_regexp", r"127\.0\.0\.1$"), False),
    ],
)
def test_rules(check: RecordCheck, good: bool) -> None:
    assert (check_records(RECORDS, check) == "") is good


def test_no_records() -> None:
    assert check_records([], rule("fail_if_matches_regexp", "x")) == ""
    assert "there is no record" in check_records([], rule("fail_if_not_matches_regexp", "x"))
