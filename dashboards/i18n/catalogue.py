"""The texts of the UI: English is the key, Chinese the value. The browser gets the same table."""

from pathlib import Path
from typing import Final

import orjson

LANGUAGES: Final = ("en", "zh")
ZH: Final[dict[str, str]] = orjson.loads((Path(__file__).parent / "zh.json").read_bytes())


def translate(lang: str, text: str, **values: object) -> str:
    """The text in a language, `{name}` filled in. A text without translation stays English."""
    found = ZH.get(text, text) if lang == "zh" else text
    return found.format(**values) if values else found
