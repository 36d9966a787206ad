"""Texts into messages of a limited size: nothing is cut off, what does not fit goes into the next message."""

from collections.abc import Callable, Sequence

Measure = Callable[[str], int]
_SEPARATOR = "\n\n---\n\n"


def pack(sections: Sequence[str], limit: int, measure: Measure) -> list[tuple[tuple[int, ...], str]]:
    """Messages in order, each with the numbers of the sections it holds (a part of). `measure` tells a text's size."""
    out: list[tuple[tuple[int, ...], str]] = []
    numbers: list[int] = []
    text = ""
    for number, section in enumerate(sections):
        for piece in split(section, limit, measure):
            joined = text + _SEPARATOR + piece if text else piece
            if text and measure(joined) > limit:
                out.append((tuple(numbers), text))
                numbers, joined = [], piece
            text = joined
            if number not in numbers:
                numbers.append(number)
    if text or not out:
        out.append((tuple(numbers), text))
    return out


def split(text: str, limit: int, measure: Measure) -> list[str]:
    """Pieces that fit, cut between paragraphs, else between lines, else anywhere."""
    if measure(text) <= limit:
        return [text]
    for separator in ("\n\n", "\n"):
        parts = text.split(separator)
        if len(parts) > 1:
            return _gather(parts, separator, limit, measure)
    middle = len(text) // 2
    return split(text[:middle], limit, measure) + split(text[middle:], limit, measure) if middle else [text]


def _gather(parts: list[str], separator: str, limit: int, measure: Measure) -> list[str]:
    out: list[str] = []
    current, size = "", 0
    for part in parts:
        part_size = measure(separator + part)
        # Sizes add up to no less than the size of the whole, so the cheap sum is on the safe side.
        if current and size + part_size > limit:
            out.append(current)
            current, size = "", 0
        if part_size > limit:
            pieces = split(part, limit, measure)
            out += [current] if current else []
            out += pieces[:-1]
            current, size = pieces[-1], measure(pieces[-1])
        else:
            current = current + separator + part if current else part
            size += part_size
    return [*out, current] if current.strip() else out
