"""How far a number or duration literal reaches, as Prometheus scans it: what it takes need not be a number yet, the parser finds out.

Source: the behaviour of Prometheus 3.5; the texts of its errors show the characters that were read.
"""

from typing import Final

_DIGITS: Final = frozenset("0123456789")
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_EXPONENT: Final = frozenset("eE")
_NOT_BEHIND_MARK: Final = frozenset("._eE")  # behind an exponent and an underscore
_UNITS: Final = frozenset("smhdwy")
_LATER_UNITS: Final = frozenset("smhdw")  # years come first or not at all


def scan_number(text: str, start: int) -> tuple[bool, int]:
    """Whether a number stands at `start`, and where reading it ended."""
    at, digits = start, _DIGITS
    if text[at : at + 1] == "0":
        at += 1
        if text[at : at + 1] in ("x", "X"):
            at += 1 + (text[at + 1 : at + 2] == "_")
            digits = _HEX_DIGITS
    at += text[at : at + 1] == "."
    at += text[at : at + 1] in digits
    seen: set[str] = set()
    while (char := text[at : at + 1]) in digits or char in ("_", ".", "e", "E"):
        mark = "e" if char in _EXPONENT else char
        if mark in ("e", ".", "_"):
            fits, at = _behind_mark(text, at + 1, mark, digits, seen)
            if not fits:
                return False, at
        else:
            while text[at : at + 1] in digits:
                at += 1
    return at > start and not _is_alphanumeric(text[at : at + 1]), at


def _behind_mark(text: str, at: int, mark: str, digits: frozenset[str], seen: set[str]) -> tuple[bool, int]:
    """Whether what follows a dot, an exponent or an underscore may follow it."""
    if mark != "_" and mark in seen:
        return False, at
    seen.add(mark)
    if mark == ".":
        if text[at : at + 1] in ("_", "."):
            return False, at + 1
        return digits is _DIGITS, at
    if mark == "e":
        at += text[at : at + 1] in ("+", "-")
    if text[at : at + 1] in _NOT_BEHIND_MARK:
        return False, at + 1
    return at < len(text), at


def scan_duration(text: str, at: int) -> tuple[bool, int]:
    """Whether, behind the digits that end at `at`, the rest of a duration stands, and where reading it ended."""
    if text[at : at + 1] not in _UNITS:
        return False, at
    at = _behind_unit(text, at)
    while text[at : at + 1] in _DIGITS:
        while text[at : at + 1] in _DIGITS:
            at += 1
        if text[at : at + 1] not in _LATER_UNITS:
            return False, at
        at = _behind_unit(text, at)
    following = text[at : at + 1]
    return (False, at + 1) if _is_alphanumeric(following) else (True, at)


def _behind_unit(text: str, at: int) -> int:
    return at + 1 + (text[at + 1 : at + 2] == "s")


def _is_alphanumeric(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")
