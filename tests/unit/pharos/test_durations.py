import pytest

from pharos.durations import Duration, format_duration_ms, parse_duration_ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [("0", 0), ("15s", 15_000), ("1h30m", 5_400_000), ("250ms", 250), ("1y2w3d", 33_004_800_000), ("1m0s", 60_000)],
)
def test_reads_what_prometheus_reads(text: str, ms: int) -> None:
    assert parse_duration_ms(text) == ms


@pytest.mark.parametrize("text", ["", "5", "m", "1s1h", "1.5h", "-1s", "5 m", "1m1m", "300y"])
def test_refuses_what_prometheus_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration_ms(text)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0s"),
        (90_000, "1m30s"),
        (604_800_000, "1w"),
        (86_400_000 * 8, "8d"),
        (31_536_000_000, "1y"),
        (1, "1ms"),
        (-60_000, "-1m"),
    ],
)
def test_prints_the_way_prometheus_prints(ms: int, text: str) -> None:
    assert format_duration_ms(ms) == text


def test_a_duration_is_seconds() -> None:
    assert Duration.parse("1m30s") == 90.0
    assert repr(Duration(90)) == "Duration('1m30s')"
