from typing import Any

import pytest

from blackbox.cel import CelError, Program

BODY: Any = {
    "status": "UP",
    "load": 0.5,
    "count": 3,
    "ok": True,
    "none": None,
    "odd key": 1,
    "items": [{"name": "a", "size": 1}, {"name": "b", "size": 5}],
    "tags": ["x", "y"],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("body.status == 'UP'", True),
        ('body["odd key"] == 1', True),
        ("body.count == 3.0", True),
        ("body.load < 1 && body.count >= 3", True),
        ("!(body.ok) || body.count > 5", False),
        ("body.items[1].size == 5", True),
        ("body.items.exists(i, i.size > 4)", True),
        ("body.items.all(i, i.size > 4)", False),
        ("body.items.exists_one(i, i.name == 'a')", True),
        ("size(body.items.filter(i, i.size > 4)) == 1", True),
        ("body.items.map(i, i.name) == ['a', 'b']", True),
        ("body.items.map(i, i.name + '!')[0]", "a!"),
        ("'x' in body.tags", True),
        ("'status' in body", True),
        ("has(body.status) && !has(body.nothing)", True),
        ("has(body.items[0].name)", True),
        ("body.nothing == 1 || body.ok", True),
        ("body.ok || body.nothing == 1", True),
        ("body.nothing == 1 && false", False),
        ("body.status.startsWith('U') && body.status.endsWith('P') && body.status.contains('UP')", True),
        ("body.status.matches('^U.$')", True),
        ("matches(body.status, 'down')", False),
        ("body.tags.size() == 2", True),
        ("body.none == null", True),
        ("body.ok ? 1 : 2", 1),
        ("1 + 2 * 3 - -4", 11),
        ("7 / 2 == 3 && -7 / 2 == -3 && 7.0 / 2.0 == 3.5", True),
        ("7 % 4 == 3", True),
        ("int('5') + int(2.9)", 7),
        ("double('1.5') == 1.5 && string(3) == '3' && string(body.ok) == 'true'", True),
        ("type(body.count) == int", True),
        ("{'a': [1, 2]}.a[1] == 2", True),
        (r"r'\d' == '\\d'", True),
        ("'1' == 1", False),
    ],
)
def test_values(text: str, value: object) -> None:
    assert Program(text).evaluate(BODY) == value


@pytest.mark.parametrize(
    "text",
    [
        "body.nothing == 1",
        "body.items[9]",
        "body.status + 1",
        "1 / 0",
        "body.count && true",
        "body.status.all(x, x)",
        "size(1)",
        "int('x')",
        "'a'.matches('(')",
        "has(body.status.x)",
    ],
)
def test_errors_of_evaluation(text: str) -> None:
    with pytest.raises(CelError):
        Program(text).evaluate(BODY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a value at position 0, found the end"),
        ("body.", "expected a name"),
        ("body ==", "expected a value"),
        ("(body.a", "expected ')'"),
        ("bdy.a", "undeclared reference to 'bdy'"),
        ("body.frobnicate()", "undeclared reference to 'frobnicate'"),
        ("body.a # b", "unexpected '#' at position 7"),
        ("body.a b", "the end of the expression"),
        ("has(body)", "has() wants a field selection"),
        ("(" * 100 + "1" + ")" * 100, "nested too deeply"),
    ],
)
def test_errors_of_the_text(text: str, message: str) -> None:
    with pytest.raises(CelError) as caught:
        Program(text)
    assert message in str(caught.value)
