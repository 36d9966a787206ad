"""Sizes as file systems print them for people: `1.1k`, `20.4G`, `2.00M`."""

from typing import Final

_UNITS: Final = "kMGTPE"


def parse_human_size(text: str) -> int:
    """Bytes, in powers of 1024. Raises `ValueError`."""
    unit = _UNITS.find(text[-1:].replace("K", "k")) if text else -1
    if unit < 0:
        return int(float(text))
    return int(float(text[:-1]) * 1024 ** (unit + 1))
