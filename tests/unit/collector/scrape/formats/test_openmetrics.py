"""What OpenMetrics text accepts and refuses, as measured on Prometheus 3.5."""

import pytest

from collector.scrape.formats import parsers
from collector.scrape.page import Exemplar, Page, ParseError, ParseOptions


def parse(text: str) -> Page:
    return parsers["OpenMetricsText1.0.0"].factory(text.encode(), ParseOptions()).whole()


REFUSED = {
    "no eof": "a 1\n",
    "empty": "",
    "data after eof": "# EOF\na 1\n",
    "blank line": "a 1\n\n# EOF\n",
    "comment": "# hello\n# EOF\n",
    "double blank": "a  1\n# EOF\n",
    "leading blank": " a 1\n# EOF\n",
    "blank before brace": 'a {b="c"} 1\n# EOF\n',
    "untyped": "# TYPE a untyped\n# EOF\n",
    "unit is no suffix": "# UNIT a seconds\n# EOF\n",
    "missing comma": 'a{b="1"c="2"} 1\n# EOF\n',
    "newline in a value": 'a{b="x\ny"} 1\n# EOF\n',
    "infinite time": "a 1 Inf\n# EOF\n",
    "exemplar without value": 'a 1 # {b="c"}\n# EOF\n',
    "help without text": "# HELP a\n# EOF\n",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


ACCEPTED = [
    "# EOF",
    "# EOF\n",
    "# TYPE a counter\na 1\n# EOF\n",
    "# TYPE a counter\na_total -1\na_total NaN\n# EOF\n",
    "# HELP a x\n# HELP a y\na 1\nb 1\na 2\n# EOF\n",
    "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1 1.5\n# EOF\n",
    '{"a.b",c="d"} 1\n# EOF\n',
    'a{} 1\na{b="c",} 1\n# EOF\n',
    'a{b="\\t"} 1\n# EOF\n',
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(text: str) -> None:
    page = parse(text)
    for index in range(len(page.keys)):
        page.labels(index)


def test_times_are_seconds_and_exemplars_are_kept() -> None:
    page = parse('a_bucket{le="1"} 2 1.5 # {trace="x y"} 0.5 1.25\na 1 # {} 3\n# EOF\n')
    assert page.stamps == [1500, None]
    assert page.exemplars == {0: [Exemplar((("trace", "x y"),), 0.5, 1250)], 1: [Exemplar((), 3.0, None)]}


def test_a_page_without_times_has_a_shape() -> None:
    page = parse("# TYPE a gauge\na 1\n# EOF\n")
    assert page.geometry is not None
    assert page.geometry.key_lengths.tolist() == [15, 2, 6]
