"""The token table as CSS custom properties: `:root` carries what both themes share, `[data-theme]` the colours."""

from dashboards.theme.tokens import COLOURS, SIZES, STATES, THEMES


def token_css() -> str:
    """A style sheet that defines every token, and a 14 % tint (`--ok-tint`) for every state and the accent."""
    shared = "".join(f"--{name}:{value};" for name, value in SIZES.items())
    blocks = [f":root{{{shared}}}"]
    for position, theme in enumerate(THEMES):
        colours = "".join(f"--{name}:{values[position]};" for name, values in COLOURS.items())
        tints = "".join(
            f"--{name}-tint:color-mix(in srgb, {COLOURS[name][position]} 14%, transparent);"
            for name in (*STATES, "accent")
        )
        blocks.append(f':root[data-theme="{theme}"]{{color-scheme:{theme};{colours}{tints}}}')
    return "\n".join(blocks)
