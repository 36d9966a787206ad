"""What the Prometheus text format accepts and refuses, as measured on Prometheus 3.5."""

import math

import pytest

from collector.scrape.formats import parsers
from collector.scrape.page import Page, ParseError, ParseOptions, ScrapeError


def parse(text: str | bytes, name: str = "PrometheusText0.0.4") -> Page:
    body = text.encode() if isinstance(text, str) else text
    return parsers[name].factory(body, ParseOptions()).whole()


def series(page: Page) -> list[dict[str, str]]:
    return [dict(page.labels(index)) for index in range(len(page.keys))]


REFUSED = {
    "carriage return": "a 1\r\n",
    "lone comma": "a{,} 1\n",
    "two commas": 'a{b="c",,} 1\n',
    "unquoted value": "a{b=c} 1\n",
    "single quotes": "a{b='c'} 1\n",
    "bad utf-8 in a value": b'a{b="\xff"} 1\n',
    "bad utf-8 in help": b"# HELP a \xff\n",
    "byte order mark": "\ufeffa 1\n",
    "hexadecimal": "a 0x10\n",
    "hexadecimal float": "a 0x1p-3\n",
    "underscore": "a 1_000\n",
    "overflow": "a 1e400\n",
    "missing value": "a\n",
    "no name": '{__name__="a"} 1\n',
    "two names": 'a{"b"} 1\n',
    "dash": "a-b 1\n",
    "dot": "a.b 1\n",
    "digit first": "1a 1\n",
    "unknown type": "# TYPE a foo\n",
    "type without type": "# TYPE a\n",
    "negative time": "a 1 -5\n",
    "float time": "a 1 1.5\n",
    "exemplar": 'a 1 # {b="c"} 1\n',
    "signed nan": "a +NaN\n",
    "help without name": "# HELP \n",
    "unclosed": 'a{b="c" 1\n',
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refused(text: str | bytes) -> None:
    with pytest.raises(ScrapeError):
        series(parse(text))


ACCEPTED = {
    "a 1": [({"__name__": "a"}, 1.0)],
    " \ta 1\n": [({"__name__": " \ta"}, 1.0)],
    'a {b="c"} 1\n': [({"__name__": "a", "b": "c"}, 1.0)],
    'a{b="c"}1\n': [({"__name__": "a", "b": "c"}, 1.0)],
    'a{ b = "c" , } 1\n': [({"__name__": "a", "b": "c"}, 1.0)],
    'a{b="x\ny"} 1\n': [({"__name__": "a", "b": "x\ny"}, 1.0)],
    'a{b="\\t\\n\\\\\\""} 1\n': [({"__name__": "a", "b": '\\t\n\\"'}, 1.0)],
    'a{b="\0"} 1\n': [({"__name__": "a", "b": "\0"}, 1.0)],
    "# comment\n#\n\n  \na 1\n": [({"__name__": "a"}, 1.0)],
    "": [],
    "a nan\na Infinity\na 5.\na .5\na -inf\n": [
        ({"__name__": "a"}, v) for v in (math.nan, math.inf, 5.0, 0.5, -math.inf)
    ],
    '{"a.b",x="y"} 1\n': [({"__name__": "a.b", "x": "y"}, 1.0)],
    '{x="y","a.b"} 1\n': [({"__name__": "a.b", "x": "y"}, 1.0)],
    'a{"x.y"="z"} 1\n': [({"__name__": "a", "x.y": "z"}, 1.0)],
    'a{__foo="1"} 1\n': [({"__name__": "a", "__foo": "1"}, 1.0)],
    'a{b=""} 1\n': [({"__name__": "a", "b": ""}, 1.0)],
    "a 1\n# TYPE a gauge\n# TYPE a counter\n": [({"__name__": "a"}, 1.0)],
    "a 1\n\0 and the rest is ignored": [({"__name__": "a"}, 1.0)],
    '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\n': [
        ({"__name__": "h_bucket", "le": "1.0"}, 1.0),
        ({"__name__": "h_bucket", "le": "+Inf"}, 2.0),
    ],
    '# TYPE s summary\ns{quantile="0.50"} 1\n': [({"__name__": "s", "quantile": "0.5"}, 1.0)],
    '# TYPE g gauge\ng{le="1"} 1\n': [({"__name__": "g", "le": "1"}, 1.0)],
}


@pytest.mark.parametrize("text", ACCEPTED, ids=repr)
def test_accepted(text: str) -> None:
    page = parse(text)
    expected = ACCEPTED[text]
    assert [labels for labels, _ in expected] == series(page)
    assert [repr(value) for _, value in expected] == [repr(value) for value in page.values]


def test_long_values_take_linear_time() -> None:
    page = parse('a{b="' + "x" * 70_000 + '"} 1\n')
    assert len(series(page)[0]["b"]) == 70_000
    with pytest.raises(ParseError):
        parse("a{" + 'b="c"' * 20_000 + "\n")


def test_timestamps_and_metadata() -> None:
    page = parse("# HELP a some\\n\\\\help\n# TYPE a counter\na 1 1500\na 2\n")
    assert page.stamps == [1500, None]
    assert page.geometry is None
    assert (page.metadata["a"].type, page.metadata["a"].help) == ("counter", "some\n\\help")


def test_what_stands_before_an_error_is_there() -> None:
    page: Page = parsers["PrometheusText0.0.4"].factory(b"a 1\nb 2\n-\nc 3\n", ParseOptions())
    assert page.keys == [b"a", b"b"]
    assert str(page.error) == 'expected a valid start token, got "-" ("INVALID") while parsing: "-"'


def test_a_nul_at_the_start_of_a_comment_ends_the_page() -> None:
    for text in (b"# \0 x\na 1\n", b"#x\0y\na 1\n", b"#\0\na 1\n"):
        assert parsers["PrometheusText0.0.4"].factory(b"b 1\n" + text, ParseOptions()).keys == [b"b"]
    assert len(parsers["PrometheusText0.0.4"].factory(b"# x\0y\na 1\n", ParseOptions()).keys) == 1
