"""Go's literals: quoted texts, characters and numbers."""

import re
from typing import Final

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'\"])|(.|$))", re.DOTALL
)
_SIMPLE: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}


def quoted(text: str) -> str:
    """The value of `"..."`. `\\x` and octal escapes are bytes of UTF-8. Raises `ValueError`."""
    return _unescape(text[1:-1], text)


def character(text: str) -> int:
    """The code point of `'x'`. Raises `ValueError`."""
    value = _unescape(text[1:-1], text)
    if len(value) != 1:
        raise ValueError(f"malformed character constant: {text}")
    return ord(value)


def number(text: str) -> int | float:
    """A Go number: decimal, hexadecimal, octal, binary, underscores between digits. Raises `ValueError`."""
    body = text.lstrip("+-")
    try:
        if re.fullmatch(r"0[0-7_]+", body):
            return int(text.replace("0", "0o", 1) if body == text else f"{text[0]}0o{body[1:]}", 8)
        if re.fullmatch(r"[0-9_]+|0[xXbBoO].*", body):
            return int(text, 0)
        return float(text)
    except ValueError:
        raise ValueError(f'bad number syntax: "{text}"') from None


def _unescape(body: str, source: str) -> str:
    if "\\" not in body:
        return body
    out = bytearray()
    at = 0
    for match in _ESCAPE.finditer(body):
        out += body[at : match.start()].encode()
        at = match.end()
        byte, short, long, octal, simple, unknown = match.groups()
        if unknown is not None:
            raise ValueError(f"invalid syntax: {source}")
        if byte or octal:
            out.append(int(byte, 16) if byte else int(octal, 8) & 0xFF)
        else:
            out += (_SIMPLE[simple] if simple else chr(int(short or long, 16))).encode()
    return (out + body[at:].encode()).decode("utf-8", "replace")
