import pytest

from exporters.page import samples
from exporters.textformat import FormatError, parse


def test_families_with_help_and_type() -> None:
    page = parse('# HELP a_total Some\\nthing \\\\.\n# TYPE a_total counter\na_total{x="1",y="a\\"b"} 3\nb 1.5e3\n')
    family = page.families["a_total"]
    assert (family.type, family.help) == ("counter", "Some\nthing \\.")
    assert samples(page.families.values()) == {'a_total{x="1",y="a\\"b"}': 3, "b": 1500}
    assert page.helped == {"a_total"}


def test_histograms_are_one_family() -> None:
    page = parse('# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n')
    assert list(page.families) == ["h"]
    assert [suffix for suffix, *_ in page.families["h"].samples] == ["_bucket", "_bucket", "_sum", "_count"]


def test_missing_labels_are_empty() -> None:
    page = parse('x{a="1"} 1\nx{b="2"} 2\n')
    assert samples(page.families.values()) == {'x{a="1",b=""}': 1, 'x{a="",b="2"}': 2}


def test_comments_and_blank_lines() -> None:
    assert parse("# just words\n\n#\nx NaN\n").families["x"].samples[0][2] != 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x 1", "does not end with a newline"),
        ("x 1 1700000000\n", "line 1: timestamps are not supported"),
        ("x one\n", "expected a number as value, found 'one'"),
        ('x{a="1} 2\n', "bad labels"),
        ('x{a="1",a="2"} 2\n', "duplicate label name 'a'"),
        ("1x 2\n", "expected a sample"),
        ("# TYPE x metric\n", "unknown metric type 'metric'"),
        ("x 1\n# TYPE x gauge\n", "stands after its samples"),
        ("# HELP x a\n# HELP x b\n", "second HELP line"),
    ],
)
def test_what_is_wrong_is_told_with_the_line(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message.replace("(", r"\(")):
        parse(text)
