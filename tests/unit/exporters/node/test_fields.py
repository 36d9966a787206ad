from exporters.node.fields import Field, Fields


def family(key: str) -> Field | None:
    return (f"x_{key}", key) if key.startswith("a") else None


def values(fields: Fields, text: str) -> dict[str, int]:
    return {name: value for (name, _), value in fields.of(text)}


def test_only_wanted_lines_are_read() -> None:
    assert values(Fields(family), "a1 1\nb odd\na2 -2\n") == {"x_a1": 1, "x_a2": -2}


def test_a_file_of_another_shape_is_learnt_anew() -> None:
    fields = Fields(family)
    assert values(fields, "a1 1\nb 2\n") == {"x_a1": 1}
    assert values(fields, "a1 10\nb 2\n") == {"x_a1": 10}
    assert values(fields, "b 2\na1 5\n") == {"x_a1": 5}
    assert values(fields, "a1 1\nb 2\na2 6\n") == {"x_a1": 1, "x_a2": 6}


def test_blanks_around_the_separator() -> None:
    assert values(Fields(family, "\t"), "a1      \t7\n") == {"x_a1      ": 7}


def test_nothing() -> None:
    assert values(Fields(family), "") == {}
