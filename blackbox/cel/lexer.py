"""CEL text to tokens."""

import ast
import re
from dataclasses import dataclass
from typing import Final, Literal


class CelError(ValueError):
    """A text that is no CEL expression, or one that cannot be evaluated on the given value."""


Kind = Literal["number", "string", "name", "operator", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is a Python value for numbers and strings, the text itself otherwise."""

    kind: Kind
    value: int | float | str
    at: int


_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<string>[rR]?(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))"""
    r"""|(?P<number>0x[0-9a-fA-F]+u?|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+u?)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}]))""",
    re.DOTALL,
)


def tokens(text: str) -> list[Token]:
    """All tokens and an end. Raises `CelError`."""
    out: list[Token] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            at = len(text) - len(text[position:].lstrip())
            raise CelError(f"unexpected {text[at]!r} at position {at}")
        at, position = match.start(match.lastgroup or 0), match.end()
        if match["number"] is not None:
            out.append(Token("number", _number(match["number"]), at))
        elif match["string"] is not None:
            out.append(Token("string", _string(match["string"]), at))
        else:
            kind: Kind = "name" if match["name"] is not None else "operator"
            out.append(Token(kind, match["name"] or match["operator"], at))
    return [*out, Token("end", "", len(text))]


def _number(text: str) -> int | float:
    text = text.rstrip("u") if not text.startswith("0x") else text.removesuffix("u")
    return int(text, 16) if text.startswith("0x") else float(text) if re.search(r"[.eE]", text) else int(text)


def _string(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError) as error:
        raise CelError(f"bad string {text}") from error
