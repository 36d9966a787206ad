"""UTF-8 names for clients that know only the old ones: the `escaping` parameter of an `Accept` header.

Source: the Prometheus documentation on escaping schemes.
"""

import re
from typing import Final

from pharos.labels import is_legacy_metric_name

ALLOW_UTF8: Final = "allow-utf-8"
UNDERSCORES: Final = "underscores"
_SCHEMES: Final = (ALLOW_UTF8, UNDERSCORES, "dots", "values")
_PARAMETER: Final = re.compile(r";\s*escaping=\"?([a-z0-9-]+)")


def escaping_of(accept: str) -> str:
    """The scheme that an `Accept` header asks for."""
    return next((scheme for scheme in _PARAMETER.findall(accept) if scheme in _SCHEMES), UNDERSCORES)


def escaped_name(name: str, scheme: str) -> str:
    """The name of a metric or label in the way of a scheme."""
    if scheme == ALLOW_UTF8 or not name or is_legacy_metric_name(name):
        return name
    match scheme:
        case "underscores":
            return "".join(char if _legacy(char, index) else "_" for index, char in enumerate(name))
        case "dots":
            return "".join(_dotted(char, index) for index, char in enumerate(name))
        case _:
            return "U__" + "".join(_valued(char, index) for index, char in enumerate(name))


def _legacy(char: str, index: int) -> bool:
    return char.isascii() and (char.isalpha() or char in "_:" or (char.isdigit() and index > 0))


def _dotted(char: str, index: int) -> str:
    if char == "_":
        return "__"
    if char == ".":
        return "_dot_"
    return char if _legacy(char, index) else "__"


def _valued(char: str, index: int) -> str:
    if char == "_":
        return "__"
    return char if _legacy(char, index) else f"_{ord(char):x}_"
