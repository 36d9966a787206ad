import pytest

from collector.cli.metric_lint import cardinality, families, lint


def page(name: str, kind: str, labels: str = "", help_text: str = "x") -> bytes:
    head = f"# HELP {name} {help_text}\n" if help_text else ""
    return f"{head}# TYPE {name} {kind}\n{name}{labels} 1\n".encode()


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        (page("good_seconds", "gauge"), []),
        (page("good_total", "counter"), []),
        (page("a", "counter"), ['a counter metrics should have "_total" suffix']),
        (page("b_total", "gauge"), ['b_total non-counter metrics should not have "_total" suffix']),
        (page("c_milliseconds", "gauge"), ['c_milliseconds use base unit "seconds" instead of "milliseconds"']),
        (page("d_ms", "gauge"), ["d_ms metric names should not contain abbreviated units"]),
        (page("eF", "gauge"), ["eF metric names should be written in 'snake_case' not 'camelCase'"]),
        (page("g_gauge", "gauge"), ["g_gauge metric name should not include type 'gauge'"]),
        (page("h:x", "gauge"), ["h:x metric names should not contain ':'"]),
        (page("i", "gauge", '{le="1"}'), ['i non-histogram metrics should not have "le" label']),
        (page("j", "gauge", help_text=""), ["j no help text"]),
        (b"# HELP k x\n# TYPE k gauge\nk 1\nk 1\n", ["k metric not unique"]),
        (page("l_count", "gauge"), ['l_count non-histogram and non-summary metrics should not have "_count" suffix']),
        (b'# HELP m x\n# TYPE m histogram\nm_bucket{le="+Inf"} 1\nm_sum 1\nm_count 1\n', []),
    ],
)
def test_manners(body: bytes, problems: list[str]) -> None:
    assert problems == lint(families(body))


def test_cardinality() -> None:
    assert "50.00%" in cardinality(families(b"a 1\nb 1\n"))[1]
