import pytest

from collector.cli.promql import main


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["format", "sum(rate(foo[5m]))by(a)"], "sum by (a) (rate(foo[5m]))"),
        (["label-matchers", "set", 'foo{a="b"}', "c", "d"], 'foo{a="b",c="d"}'),
        (["label-matchers", "set", "-t", "=~", 'foo{a="b"} + bar', "a", "d.*"], 'foo{a=~"d.*"} + bar{a=~"d.*"}'),
        (["label-matchers", "delete", 'foo{a="b",c="d"}', "a"], 'foo{c="d"}'),
    ],
)
def test_commands(capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip() == expected


def test_a_bad_expression(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["format", "sum("]) == 1
    assert "parse error" in capsys.readouterr().err
