"""Colours, type and space of the UI, in a dark and a light set.

The series colours were chosen for the greatest distance between any two of them, also with the three kinds of colour blindness; every
text and state colour keeps at least 4.5:1 against the panel surface (a unit test recomputes it).
"""

from typing import Final

THEMES: Final = ("dark", "light")

# name: (dark, light)
COLOURS: Final[dict[str, tuple[str, str]]] = {
    "canvas": ("#0C0F15", "#F4F6F9"),
    "surface": ("#141821", "#FFFFFF"),
    "raised": ("#1B202B", "#FFFFFF"),
    "inset": ("#0F131A", "#F0F2F6"),
    "hover": ("#1E2430", "#F0F3F8"),
    "border": ("#232A37", "#E1E5EC"),
    "border-strong": ("#343D4E", "#C6CDD8"),
    "grid": ("#1E2531", "#EBEEF3"),
    "text-1": ("#E6EAF2", "#161B26"),
    "text-2": ("#A9B2C3", "#4A5568"),
    "text-3": ("#7C879B", "#64708A"),
    "accent": ("#4C8DFF", "#1F66D1"),
    "on-accent": ("#06101F", "#FFFFFF"),
    "ok": ("#3CCB7F", "#12855A"),
    "warn": ("#F5B841", "#9A6700"),
    "serious": ("#FF8A3D", "#B4510B"),
    "critical": ("#FF5D5D", "#C8352D"),
    "info": ("#4C9BFF", "#1F6FD6"),
    "unknown": ("#8A94A6", "#5A6778"),
    "series-1": ("#82A7EE", "#305CC9"),
    "series-2": ("#E4C070", "#C47F30"),
    "series-3": ("#3A8F5D", "#156841"),
    "series-4": ("#EF8B8E", "#C0415B"),
    "series-5": ("#726BDD", "#8E82F8"),
    "series-6": ("#75DFE8", "#14A1AB"),
    "series-7": ("#DC5201", "#83310E"),
    "series-8": ("#B875AC", "#6B3A68"),
    "shadow": ("#00000080", "#161B2626"),
}

SIZES: Final[dict[str, str]] = {
    "radius": "6px",
    "radius-chip": "4px",
    "header": "48px",
    "nav": "208px",
    "font": (
        '"Inter Pharos", Inter, system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", '
        '"Noto Sans CJK SC", sans-serif'
    ),
    "mono": '"JetBrains Pharos", "JetBrains Mono", ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono CJK SC", monospace',
    "motion": "120ms",
}

STATES: Final = ("ok", "warn", "serious", "critical", "info", "unknown")


def colour(name: str, theme: str) -> str:
    """The `#RRGGBB` of a token in a theme."""
    return COLOURS[name][THEMES.index(theme)]


def relative_luminance(hex_colour: str) -> float:
    """WCAG 2 relative luminance of `#RRGGBB`."""
    channels = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
