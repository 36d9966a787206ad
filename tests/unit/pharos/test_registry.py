import pytest

from pharos.registry import Registry


@pytest.fixture
def shapes() -> Registry[object]:
    registry: Registry[object] = Registry("shape")

    @registry.register("circle", default=False, corners=0)
    def circle() -> None:
        """Round all over.

        More text.
        """

    registry.register("square")(object())
    return registry


def test_remembers_what_was_registered(shapes: Registry[object]) -> None:
    assert [plugin.name for plugin in shapes] == ["circle", "square"]
    assert (shapes["circle"].default, shapes["circle"].facts, shapes["circle"].summary) == (
        False,
        {"corners": 0},
        "Round all over.",
    )
    assert "square" in shapes
    assert len(shapes) == 2


def test_a_name_is_taken_once(shapes: Registry[object]) -> None:
    with pytest.raises(ValueError, match="registered twice"):
        shapes.register("circle")(object())


def test_an_unknown_name_suggests_the_nearest(shapes: Registry[object]) -> None:
    with pytest.raises(KeyError, match="did you mean 'square'"):
        shapes["squre"]
