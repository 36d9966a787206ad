"""What retention drops."""

from logstore.retention import Backing, expired

DAY = 86_400_000


def test_old_days_go() -> None:
    backings = [Backing("a", 1 * DAY, 10), Backing("b", 5 * DAY, 10)]
    assert expired(backings, 10 * DAY, 7 * DAY, None, 20) == ["a"]
    assert expired(backings, 10 * DAY, None, None, 20) == []


def test_a_stream_may_live_shorter() -> None:
    assert expired([Backing("a", 5 * DAY, 10, 2 * DAY)], 10 * DAY, 30 * DAY, None, 10) == ["a"]


def test_the_oldest_go_until_the_size_fits() -> None:
    backings = [Backing("new", 3 * DAY, 50), Backing("old", 1 * DAY, 50), Backing("mid", 2 * DAY, 50)]
    assert expired(backings, 4 * DAY, None, 100, 170) == ["old", "mid"]
