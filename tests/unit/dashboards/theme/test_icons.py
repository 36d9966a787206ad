"""Icons come with the package."""

import re
from pathlib import Path

import dashboards
from dashboards.theme.icons import ICONS, icon_css


def test_every_icon_that_is_named_exists() -> None:
    folder = Path(dashboards.__file__).parent
    named = set()
    for path in folder.glob("components/js/*.js"):
        named |= set(re.findall(r'P\.icon\("([\w-]+)"', path.read_text()))
    for path in folder.glob("pages/**/*.py"):
        named |= set(re.findall(r'\bicon\("([\w-]+)"', path.read_text()))
    assert named <= set(ICONS)


def test_icons_are_masks_without_any_address() -> None:
    css = icon_css()
    assert css.count("{--icon:url(") == len(ICONS)
    assert "http://www.w3.org/2000/svg" in css
    assert "https:" not in css
