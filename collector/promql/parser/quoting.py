"""String literals in Go's way: PromQL takes "..", '..' and `..` with Go's escapes, and its messages quote with `%q`."""

import re
from typing import Final

_SIMPLE: Final = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
_SHOWN: Final = {7: r"\a", 8: r"\b", 12: r"\f", 10: r"\n", 13: r"\r", 9: r"\t", 11: r"\v", 92: r"\\"}
_ESCAPE: Final = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\'\"])|(?P<octal>[0-7]{3})|x(?P<hex>[0-9a-fA-F]{2})|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8}))"
)


def unquote(literal: str) -> str:
    """The text of a literal with its quotes. Raises `ValueError` on an escape that Go does not know."""
    if literal[0] == "`":
        return literal[1:-1].replace("\r", "")
    body = literal[1:-1]
    if "\\" not in body:
        return body
    out, position = bytearray(), 0
    while (slash := body.find("\\", position)) >= 0:
        match = _ESCAPE.match(body, slash)
        if match is None:
            raise ValueError("invalid syntax")
        out += body[position:slash].encode() + _escaped(match)
        position = match.end()
    out += body[position:].encode()
    return out.decode("utf-8", "surrogateescape")


def go_quote(text: str) -> str:
    """A text between double quotes as Go's `%q` shows it."""
    return f'"{"".join(_show(char, 34) for char in text)}"'


def go_quote_char(char: str) -> str:
    """One character between single quotes; the end of the text ("") shows as Go shows an invalid rune."""
    return f"'{_show(char, 39)}'" if char else "'�'"


def go_code_point(char: str) -> str:
    """`U+0071 'q'`, Go's `%#U`."""
    return f"U+{ord(char):04X} '{char}'" if char.isprintable() else f"U+{ord(char):04X}"


def _show(char: str, quote: int) -> str:
    code = ord(char)
    if code == quote:
        return "\\" + char
    if code in _SHOWN:
        return _SHOWN[code]
    if char.isprintable() or char == " ":
        return char
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escaped(match: re.Match[str]) -> bytes:
    if match["simple"]:
        return bytes([_SIMPLE[match["simple"]]])
    if match["octal"]:
        return bytes([int(match["octal"], 8) & 0xFF])
    if match["hex"]:
        return bytes([int(match["hex"], 16)])
    return chr(int(match["short"] or match["long"], 16)).encode("utf-8", "surrogatepass")
