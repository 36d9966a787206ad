"""A small JSON path: `$.status.items[0].value`, `$['odd key']`, `$.list.length()`. No filters and no wildcards."""

import re
from typing import Any, Self

_STEP = re.compile(
    r"\.(?P<name>[^.\[\]()]+)(?P<call>\(\))?|\[(?P<index>-?\d+)\]|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]"
)


class JsonPath:
    """A compiled path. Raises `ValueError` when the text is none."""

    __slots__ = ("_steps", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps: list[str | int] = []
        position = 1 if text.startswith("$") else 0
        body = text[position:] if position or text.startswith("[") else "." + text
        cursor = 0
        while cursor < len(body):
            match = _STEP.match(body, cursor)
            if match is None:
                raise ValueError(f"not a JSON path at {body[cursor:]!r}, expected a form like $.status.items[0].value")
            self._steps.append(_step(match))
            cursor = match.end()

    @classmethod
    def from_config(cls, value: Any) -> Self:
        return cls(str(value))

    def find(self, document: Any) -> Any:
        """The value at the path. Raises `LookupError` when there is none."""
        for step in self._steps:
            if step == "length()":
                document = len(document)
            elif isinstance(document, dict if isinstance(step, str) else list):
                key: Any = step
                document = document[key]
            else:
                raise LookupError(f"{step!r} not found")
        return document

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonPath) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def _step(match: re.Match[str]) -> str | int:
    if match["index"] is not None:
        return int(match["index"])
    if match["key"] is not None:
        return match["key"]
    return match["name"] + (match["call"] or "")
