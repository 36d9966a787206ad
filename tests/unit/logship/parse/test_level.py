"""Levels."""

import pytest

from logship.parse.level import in_text, named


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (b"2026-11-20 ERROR [cart] x", "error"),
        (b"\x1b[32mINFO\x1b[0m x", "info"),
        (b"W1120 11:00:00.1 1 a.go:1] x", "warn"),
        (b"I think so", None),
        (b"[error] nginx says", "error"),
        (b"CRITICAL no disk", "fatal"),
        (b'10.0.0.1 - - "GET / HTTP/1.1" 200', None),
        (b"x" * 100 + b" ERROR", None),
    ],
)
def test_levels_of_plain_lines(line: bytes, level: str | None) -> None:
    assert in_text(line) == level


def test_named_levels() -> None:
    assert [named(value) for value in ("Warning", 30, "emerg", "purple", None, 31)] == [
        "warn",
        "info",
        "fatal",
        None,
        None,
        None,
    ]
