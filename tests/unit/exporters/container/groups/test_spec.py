import pytest

from exporters.container.groups.spec import limit, shares


@pytest.mark.parametrize(
    ("text", "value"), [("max", 0), ("9223372036854771712", 0), ("67108864", 67_108_864), ("0", 0)]
)
def test_limits(text: str, value: int) -> None:
    assert limit(text) == value


@pytest.mark.parametrize(("weight", "value"), [(1, 2), (100, 2597), (10_000, 262_144)])
def test_shares_of_a_weight(weight: int, value: int) -> None:
    assert shares(weight) == value
