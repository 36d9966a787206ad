"""Pieces of a template's text, as Go shows them in errors."""

import re
from typing import Final

_PIECES: Final = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|[()|]|-?\}\}|[^"`()|}-]+|.', re.DOTALL)


def word_at(text: str, at: int) -> str:
    """The word or chain at an offset."""
    end = at
    while end < len(text) and text[end] not in " \t\r\n|)}":
        end += 1
    return text[at:end]


def command_at(text: str, at: int) -> str:
    """The command at an offset: up to the next pipe, the end of its parentheses or of the action."""
    depth = 0
    for piece in _PIECES.finditer(text, at):
        found = piece.group()
        depth += (found == "(") - (found == ")")
        if depth < 0 or (depth == 0 and found == "|") or found.endswith("}}"):
            return text[at : piece.start()].rstrip()
    return text[at:].rstrip()
