"""`${NAME:-default}`."""

import pytest

from logship.environment import expand


def test_names_defaults_and_dollars() -> None:
    names = {"A": "1", "EMPTY": ""}
    assert expand("x${A}y${B:-2}${EMPTY:-3}$$", names) == "x1y23$"


def test_a_variable_without_value_or_default_is_an_error() -> None:
    with pytest.raises(ValueError, match="variable B is not set"):
        expand("${B}", {})
