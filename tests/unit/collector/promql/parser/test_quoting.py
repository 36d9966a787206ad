import pytest

from collector.promql.parser.quoting import go_quote, unquote


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ('"a\\nb"', "a\nb"),
        ("'it\\'s'", "it's"),
        ("`a\\n`", "a\\n"),
        ('"\\x41\\101\\u00e9"', "AAé"),
        ('"\\xc3\\xa9"', "é"),
    ],
)
def test_unquote(literal: str, text: str) -> None:
    assert unquote(literal) == text


def test_quote() -> None:
    assert go_quote('a"\n\té\x01') == '"a\\"\\n\\té\\x01"'
