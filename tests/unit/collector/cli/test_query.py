import pytest

from collector.cli.query import show


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"resultType": "scalar", "result": [1.5, "2"]}, "scalar: 2 @[1.5]\n"),
        ({"resultType": "string", "result": [1, "hi"]}, "hi\n"),
        (
            {"resultType": "vector", "result": [{"metric": {"__name__": "up", "a": "b"}, "value": [1, "0"]}]},
            'up{a="b"} => 0 @[1]\n',
        ),
        (
            {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "0"], [2, "1"]]}]},
            "{} =>\n0 @[1]\n1 @[2]\n",
        ),
    ],
)
def test_answers_are_printed_as_promtool_does(
    capsys: pytest.CaptureFixture[str], data: dict[str, object], expected: str
) -> None:
    show(data, "promql")
    assert expected == capsys.readouterr().out
