"""minimum_should_match."""

import pytest

from logstore.query.bool_ import required_matches


@pytest.mark.parametrize(
    ("rule", "count", "expected"),
    [(2, 5, 2), ("-1", 5, 4), ("75%", 4, 3), ("-25%", 4, 3), ("3<90%", 3, 3), ("3<50%", 10, 5), (9, 5, 5), (1, 0, 1)],
)
def test_required_matches(rule: object, count: int, expected: int) -> None:
    assert required_matches(rule, count) == expected
