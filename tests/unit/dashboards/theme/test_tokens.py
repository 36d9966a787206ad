"""Contrast is a promise, so it is computed."""

import pytest

from dashboards.theme.tokens import COLOURS, STATES, THEMES, colour, contrast


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["text-1", "text-2", "text-3", *STATES])
def test_text_and_states_are_readable(theme: str, name: str) -> None:
    assert contrast(colour(name, theme), colour("surface", theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [name for name in COLOURS if name.startswith("series-")])
def test_series_stand_out_from_the_panel(theme: str, name: str) -> None:
    assert contrast(colour(name, theme), colour("surface", theme)) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_the_accent_is_readable(theme: str) -> None:
    assert contrast(colour("on-accent", theme), colour("accent", theme)) >= 4.5


def test_black_on_white_is_the_greatest_contrast() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
