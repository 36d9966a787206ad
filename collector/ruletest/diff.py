"""Expected and found alerts as one coloured JSON tree: yellow what changed, green what is new, red what is missing."""

import json
from typing import Any, Final

_GREEN: Final = "\x1b[0;32m"
_RED: Final = "\x1b[0;31m"
_YELLOW: Final = "\x1b[0;33m"
_OFF: Final = "\x1b[0m"
_STEP: Final = "    "


def json_difference(expected: Any, found: Any, indent: str = "") -> str:
    """The tree; equal leaves stand as they are."""
    if isinstance(expected, dict) and isinstance(found, dict):
        rows = [_pair(json.dumps(key) + ": ", expected, found, key, indent) for key in sorted({*expected, *found})]
        return _enclosed("{}", rows, indent)
    if isinstance(expected, list) and isinstance(found, list):
        left, right = dict(enumerate(expected)), dict(enumerate(found))
        return _enclosed("[]", [_pair("", left, right, key, indent) for key in sorted({*left, *right})], indent)
    if expected == found:
        return _text(found, indent)
    return f"{_YELLOW}{_text(expected, indent)} => {_text(found, indent)}{_OFF}"


def _pair(label: str, expected: dict[Any, Any], found: dict[Any, Any], key: Any, indent: str) -> str:
    below = indent + _STEP
    if key not in found:
        return f"{below}{_RED}{label}{_text(expected[key], below)}{_OFF}"
    if key not in expected:
        return f"{below}{_GREEN}{label}{_text(found[key], below)}{_OFF}"
    return f"{below}{label}{json_difference(expected[key], found[key], below)}"


def _enclosed(brackets: str, rows: list[str], indent: str) -> str:
    return f"{brackets[0]}\n" + ",\n".join(rows) + f"\n{indent}{brackets[1]}" if rows else brackets


def _text(value: Any, indent: str) -> str:
    return json.dumps(value, indent=len(_STEP), ensure_ascii=False).replace("\n", "\n" + indent)
