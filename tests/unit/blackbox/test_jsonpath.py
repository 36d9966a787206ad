import pytest

from blackbox.jsonpath import JsonPath

DOCUMENT = {"status": {"items": [{"value": 5}, {"value": 7}]}, "odd key": 1, "list": [1, 2, 3]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.status.items[0].value", 5),
        ("status.items[-1].value", 7),
        ("$['odd key']", 1),
        ("$.list.length()", 3),
        ("$", DOCUMENT),
    ],
)
def test_found(path: str, value: object) -> None:
    assert JsonPath(path).find(DOCUMENT) == value


@pytest.mark.parametrize("path", ["$.nothing", "$.list[9]", "$.list.name", "$.status[0]"])
def test_not_found(path: str) -> None:
    with pytest.raises(LookupError):
        JsonPath(path).find(DOCUMENT)


@pytest.mark.parametrize("path", ["$.[", "$..a", "$.a[x]", "$.a["])
def test_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="not a JSON path"):
        JsonPath(path)
