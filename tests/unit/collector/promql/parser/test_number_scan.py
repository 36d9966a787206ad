import pytest

from collector.promql.parser.number_scan import scan_duration, scan_number


@pytest.mark.parametrize(
    ("text", "fits", "read"),
    [
        ("15 ", True, "15"),
        ("1_000", True, "1_000"),
        (".5)", True, ".5"),
        ("0x1F+", True, "0x1F"),
        ("0x", True, "0x"),  # the parser finds out
        ("1e*", True, "1e"),
        ("1e", False, "1e"),
        ("1..5", False, "1.."),
        ("1_", False, "1_"),
        ("1__0", False, "1__"),
        ("1e5e", False, "1e5e"),
        ("5m", False, "5"),
        ("0x1.5", False, "0x1."),
    ],
)
def test_numbers(text: str, fits: bool, read: str) -> None:
    assert scan_number(text, 0) == (fits, len(read))


@pytest.mark.parametrize(
    ("text", "at", "fits", "read"),
    [
        ("5m", 1, True, "5m"),
        ("1h30m)", 1, True, "1h30m"),
        ("250ms", 3, True, "250ms"),
        ("5x", 1, False, "5"),
        ("5m6", 1, False, "5m6"),
        ("5ma", 1, False, "5ma"),
    ],
)
def test_durations(text: str, at: int, fits: bool, read: str) -> None:
    assert scan_duration(text, at) == (fits, len(read))
