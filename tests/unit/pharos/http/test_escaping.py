import pytest

from pharos.http.escaping import escaped_name, escaping_of


@pytest.mark.parametrize(
    ("accept", "scheme"),
    [
        ("", "underscores"),
        ("text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1", "allow-utf-8"),
        ("text/plain; escaping=dots", "dots"),
        ("text/plain; escaping=other", "underscores"),
    ],
)
def test_what_is_asked_for(accept: str, scheme: str) -> None:
    assert escaping_of(accept) == scheme


@pytest.mark.parametrize(
    ("scheme", "shown"),
    [
        ("allow-utf-8", "a.b_c é"),
        ("underscores", "a_b_c__"),
        ("dots", "a_dot_b__c____"),
        ("values", "U__a_2e_b__c_20__e9_"),
    ],
)
def test_names(scheme: str, shown: str) -> None:
    assert escaped_name("a.b_c é", scheme) == shown


def test_a_name_that_is_old_enough_stays() -> None:
    assert {escaped_name("up_total", scheme) for scheme in ("underscores", "dots", "values")} == {"up_total"}
