"""Broken expressions: what this parser and a real Prometheus 3.5 say about them.

Words that came after 3.5 are understood here (`start()` and `end()` as functions, `>/`, `</`, `step()`), and a letter behind the length in brackets
is not taken for a colon; so a few texts in a thousand differ.
"""

import random
from collections.abc import Iterator

import pytest

from collector.promql.errors import ParseError
from collector.promql.parser import Parser, options_of
from tests.support.prometheus import ask, prometheus

pytestmark = [pytest.mark.peers, pytest.mark.integration]

VALID = [
    'sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))', 'foo{bar="baz"} offset 5m', "a / on (x, y) group_left (z) b", "topk(5, up) by (a)",
    "rate(foo[5m:1m] @ start())", "-foo^2 > bool 3", 'label_replace(up, "a", "$1", "b", "(.*)")', 'count_values without (x) ("v", foo)',
    '{__name__=~"a.*", b!="c"}', "foo @ 1603774568 offset -1m", "clamp(x, 0, 1)", '"text"', "a and b or c unless d", "sum(foo) without (bar, baz)",
    "1e3 + 0x1F - .5 * NaN / Inf", '{"foo.bar", "a b"="c"}', "time() - 5 % 3", "a{} ignoring (x) b", "foo{a='b',c=`d`}", "increase(x[1d2h])",
    "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))", "sum(rate(a[5m])) by (b) / sum(rate(c[5m])) by (b) # comment",
]  # fmt: skip
PIECES = [
    "(", ")", "{", "}", "[", "]", ",", "=", "!=", "=~", "!~", '"', "'", "`", "5m", "1", "1.5", "foo", "by", "on", "offset", "@", "bool", "sum", "rate",
    "group_left", "ignoring", "and", "-", "+", "*", "/", "%", "^", "==", ">", "<", "$", "#", ";", "\\", '"x"', "without", " ", "\n", "é", "&", "!", ":", ".",
    "..", "0x", "1e", "1_0", "inf", "unless", '"\\q"', "[5m]", "{}", "()", "atan2", "1h1h", "1m1h", "5x", "-5m", "_", "a:b", "a.b",
]  # fmt: skip
WANTED_SHARE = 0.99


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("peer"), [({"__name__": "x"}, [1.0])], 1_700_000_000_000, 1000) as address:
        yield address


def broken(chance: random.Random) -> str:
    text = chance.choice(VALID)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((1, 1, 2, 4, 10)))
        other = chance.choice(VALID)
        begin = chance.randrange(len(other))
        text = chance.choice((
            text[:start] + chance.choice(PIECES) + text[start:],
            text[:start] + text[end:],
            text[:start] + chance.choice(PIECES) + text[end:],
            text[:start] + other[begin : begin + chance.choice((1, 3, 8))] + text[start:],
        ))  # fmt: skip
    return text


def test_same_words(peer: str) -> None:
    chance = random.Random(1)
    parser = Parser(options_of(frozenset({"promql-experimental-functions"})))
    different, count = [], 0
    while count < 1000:
        text = broken(chance)
        answer = ask(peer, "parse_query", query=text)
        expected = str(answer.get("error", "")).removeprefix('invalid parameter "query": ')
        try:
            parser.parse(text)
            said = ""
        except ParseError as error:
            said = error.message
        count += bool(expected or said)
        if expected != said:
            different.append(f"{text!r}\n  theirs {expected}\n  ours   {said}")
    assert 1 - len(different) / count >= WANTED_SHARE, "\n".join(different[:20])
