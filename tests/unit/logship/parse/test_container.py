"""Container formats."""

import pytest

from logship.parse.container import Line, parse_cri, parse_docker


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (
            b"2026-11-20T11:00:00.1Z stdout F hello  world",
            Line(b"2026-11-20T11:00:00.1Z", b"stdout", False, b"hello  world"),
        ),
        (b"2026-11-20T11:00:00Z stderr P part", Line(b"2026-11-20T11:00:00Z", b"stderr", True, b"part")),
        (b"2026-11-20T11:00:00Z stdout F ", Line(b"2026-11-20T11:00:00Z", b"stdout", False, b"")),
        (b"2026-11-20T11:00:00Z stdout F", Line(b"2026-11-20T11:00:00Z", b"stdout", False, b"")),
        (b"2026-11-20T11:00:00+00:00 stdout F:x tagged", Line(b"2026-11-20T11:00:00Z", b"stdout", False, b"tagged")),
        (b"no such line", None),
        (b"2026 nowhere F x", None),
        (b"", None),
    ],
)
def test_cri(raw: bytes, line: Line | None) -> None:
    assert parse_cri(raw) == line


def test_docker() -> None:
    raw = b'{"log":"hi\\n","stream":"stdout","time":"2026-11-20T11:00:00Z"}'
    assert parse_docker(raw) == Line(b"2026-11-20T11:00:00Z", b"stdout", False, b"hi")
    assert parse_docker(raw.replace(b"\\n", b"")) == Line(b"2026-11-20T11:00:00Z", b"stdout", True, b"hi")
    assert parse_docker(b"{}") is None
    assert parse_docker(b"[1]") is None
