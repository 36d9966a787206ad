"""The style sheet is made from the tokens, and nothing else names a colour."""

import re

from dashboards.theme.css import token_css
from dashboards.theme.tokens import COLOURS
from dashboards.web.static import COMPONENTS

LITERAL = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(\s*\d")
NO_COLOUR = "rgba(0,0,0,0)"  # Plotly's way to say transparent


def test_both_themes_define_every_token() -> None:
    css = token_css()
    for name, (dark, light) in COLOURS.items():
        assert f"--{name}:{dark};" in css
        assert f"--{name}:{light};" in css


def test_no_colour_is_written_outside_the_token_file() -> None:
    strays = []
    for path in [*COMPONENTS.glob("css/*.css"), *COMPONENTS.glob("js/*.js")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if LITERAL.search(line.replace(NO_COLOUR, "").replace("#content", "")):
                strays.append(f"{path.name}:{number}: {line.strip()[:100]}")
    assert strays == []


def test_every_token_that_is_used_exists() -> None:
    defined = set(
        re.findall(r"--([\w-]+):", token_css() + "".join(p.read_text() for p in COMPONENTS.glob("css/*.css")))
    )
    used = {
        name for path in COMPONENTS.glob("css/*.css") for name in re.findall(r"var\(--([\w-]+)\)", path.read_text())
    }
    assert used <= defined | {"icon"}
