import pytest

from collector.api.series import unescaped


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", "plain"),
        ("U__a_2e_b__c", "a.b_c"),
        ("U__label_20_name", "label name"),
        ("U__bad_zz_x", "U__bad_zz_x"),
        ("U__a_2e", "U__a_2e"),
    ],
)
def test_escaped_label_names(name: str, expected: str) -> None:
    assert expected == unescaped(name)
