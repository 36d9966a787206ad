"""The kernel's lists of numbers: `0-3,8,10-11`."""


def parse_cpu_list(text: str) -> list[int]:
    """The numbers in order. Raises `ValueError`."""
    out: list[int] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        first, dash, last = part.partition("-")
        out += range(int(first), int(last) + 1) if dash else [int(first)]
    return out
