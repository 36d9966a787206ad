"""Which lines belong together."""

import pytest

from logship.parse.multiline import Rule, kinds_of

JAVA = b"""2026 ERROR failed
java.lang.IllegalStateException: no
\tat com.acme.A.b(A.java:1)
Caused by: java.io.IOException: gone
\t... 3 more
next line""".split(b"\n")
PYTHON = b"""Traceback (most recent call last):
  File "a.py", line 1, in <module>
    f()
ValueError: bad
next line""".split(b"\n")
GO = b"""panic: boom

goroutine 1 [running]:
main.main()
\t/app/main.go:3 +0x1
exit status 2
next line""".split(b"\n")


def groups(lines: list[bytes], kinds: str) -> list[int]:
    rule, sizes = Rule(kinds_of(kinds)), []
    for line in lines:
        if sizes and rule.continues(line):
            sizes[-1] += 1
        else:
            rule.starts(line)
            sizes.append(1)
    return sizes


@pytest.mark.parametrize(("lines", "kind"), [(JAVA, "java"), (PYTHON, "python"), (GO, "go")])
def test_a_trace_is_one_record(lines: list[bytes], kind: str) -> None:
    assert groups(lines, kind) == [len(lines) - 1, 1]
    assert groups(lines, "auto") == [len(lines) - 1, 1]


def test_none_joins_nothing() -> None:
    assert groups(JAVA, "none") == [1] * len(JAVA)


def test_prose_is_not_joined() -> None:
    assert groups([b"one", b"two.three four", b"Close enough", b"java.lang is nice"], "auto") == [1, 1, 1, 1]
