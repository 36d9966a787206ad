"""Lines that the fast readers leave to the exact ones; texts and verdicts as measured on Prometheus 3.5."""

import pytest

from collector.scrape.formats import parsers
from collector.scrape.page import Page, ParseOptions

TEXT, OPEN = "PrometheusText0.0.4", "OpenMetricsText1.0.0"


def parse(name: str, text: bytes) -> Page:
    page: Page = parsers[name].factory(text, ParseOptions())
    return page


ERRORS = [
    (TEXT, b"9a 1\n", 'expected a valid start token, got "9" ("INVALID") while parsing: "9"'),
    (TEXT, b"a b\n", 'strconv.ParseFloat: parsing "b": invalid syntax while parsing: "a b"'),
    (TEXT, b"a 1e400\n", 'strconv.ParseFloat: parsing "1e400": value out of range while parsing: "a 1e400"'),
    (TEXT, b"a 1_0\n", 'unsupported character in float while parsing: "a 1_0"'),
    (TEXT, b"a 1 -5\n", 'expected timestamp or new record, got "-" ("INVALID") while parsing: "a 1 -"'),
    (TEXT, b"# TYPE a foo\n", 'invalid metric type "foo"'),
    (TEXT, b'{"a",b#="c"} 1\n', 'expected equal, got "#" ("INVALID") while parsing: "{\\"a\\",b#"'),
    (TEXT, b'a{b="\xff"} 1\n', 'invalid UTF-8 label value: "\\"\\xff\\""'),
    (TEXT, "# HELP a中 b\n".encode(), 'help text "\\xb8\\xad b" is not a valid utf8 string'),
    (OPEN, b"a 1\n", "data does not end with # EOF"),
    (OPEN, b"# EOF\na 1\n", "unexpected data after # EOF"),
    (OPEN, b"# TYPleE a\n", 'expected a valid start token, got "# TYPl" ("INVALID") while parsing: "# TYPl"'),
    (OPEN, b"a 1 # x\n", 'expected a valid start token, got "x" ("INVALID") while parsing: "x"'),
    (OPEN, b"# UNIT a b\n", 'unit "b" not a suffix of metric "a"'),
]


@pytest.mark.parametrize(("name", "text", "said"), ERRORS)
def test_what_is_wrong(name: str, text: bytes, said: str) -> None:
    assert str(parse(name, text).error) == said


def test_odd_lines_are_samples_too() -> None:
    page = parse(TEXT, b'a{b="c\0"} 1\n{x="y","d"} 2\n# x\0y\ne{f="g"\0} 3\n').whole()
    pairs = [dict(page.labels(index)) for index in range(3)]
    assert pairs == [
        {"__name__": "a", "b": "c\0"},
        {"__name__": "d", "x": "y"},
        {"__name__": "e", "f": 'g"'},  # a NUL behind a value pushes the closing quote into it
    ]
    assert page.values == [1.0, 2.0, 3.0]


def test_a_nul_where_a_line_begins_ends_the_page() -> None:
    assert parse(TEXT, b"a 1\n\0 b 2\n").whole().keys == [b"a"]
    assert parse(TEXT, b"a 1\n# \0\nb 2\n").whole().keys == [b"a"]


def test_behind_a_value_anything_is_left_to_the_next_line() -> None:
    page = parse(OPEN, b"a 1 \nb 2\n# EOF\n")
    assert (page.keys, page.error is None) == ([b"a"], False)


def test_names_in_quotes_in_exemplars() -> None:
    page = parse(OPEN, b'a 1 # {"b.c"="d"} 0.5\n# EOF\n').whole()
    assert page.exemplars[0][0].labels == (("b.c", "d"),)


def test_bounds_are_read_as_go_reads_numbers() -> None:
    text = b'# TYPE h histogram\nh_bucket{le="0.0_5"} 1\nh_bucket{le="0x1p4"} 1\nh_bucket{le="1_"} 1\nh_bucket{le="0x1"} 1\n'
    page = parse(TEXT, text).whole()
    assert [dict(page.labels(index))["le"] for index in range(4)] == ["0.05", "16.0", "1_", "0x1"]
