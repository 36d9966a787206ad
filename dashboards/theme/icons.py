"""The icon set as CSS masks: an icon takes the colour of the text around it, and nothing is loaded from anywhere."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson

ICONS: Final[dict[str, str]] = orjson.loads((Path(__file__).parent.parent / "components" / "icons.json").read_bytes())


def icon_css() -> str:
    """One rule per icon; drawn on 24 units, lines of 1.8."""
    return "\n".join(f'.icon-{name}{{--icon:url("data:image/svg+xml,{_svg(path)}")}}' for name, path in ICONS.items())


def _svg(path: str) -> str:
    drawn = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='black' stroke-width='1.8' "
        f"stroke-linecap='round' stroke-linejoin='round'><path d='{path}'/></svg>"
    )
    return quote(drawn, safe=" ='/:")
