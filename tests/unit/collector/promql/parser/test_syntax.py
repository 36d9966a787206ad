import pytest

from collector.promql import ParseError, Parser, ParserOptions
from collector.promql.parser.ast import Binary, MatrixSelector, NumberLiteral, Subquery, Unary, VectorSelector

ALL = ParserOptions(True, True, True, True)
PLAIN = Parser()
FULL = Parser(ALL)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown position: parse error: no expression found in input"),
        ("sum(", "1:5: parse error: unclosed left parenthesis"),
        ("a)", "1:3: parse error: unexpected right parenthesis ')'"),
        ("a b", '1:3: parse error: unexpected identifier "b"'),
        ("a +\n  * b", "2:3: parse error: unexpected <op:*>"),
        ("a{x}", '1:4: parse error: unexpected "}" in label matching, expected label matching operator'),
        ("a{x=1}", "1:5: parse error: unexpected character inside braces: '1'"),
        ("a[5m", "1:5: parse error: unclosed left bracket"),
        (
            "a[]",
            '1:3: parse error: unexpected "]" in subquery selector, expected number or duration',
        ),
        ("a[5m] offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"),
        ("a @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"),
        ("a @ b", '1:5: parse error: unexpected identifier "b" in @, expected timestamp'),
        ("1 offset 1m", "1:1: parse error: offset modifier must be preceded by an instant vector selector"),
        ('"a', "1:1: parse error: unterminated quoted string"),
        ('"\\q"', "1:1: parse error: unknown escape sequence U+0071 'q'"),
        ('{a=~"("}', "1:2: parse error: error parsing regexp: missing closing ): `(`"),
        ("1..2", '1:1: parse error: bad number or duration syntax: "1.."'),
        ("rate(a)", '1:6: parse error: expected type range vector in call to function "rate", got instant vector'),
        ("rate(a[5m],)", "1:11: parse error: trailing commas not allowed in function call args"),
        ("nope(a)", '1:1: parse error: unknown function with name "nope"'),
        ("sum by (1) (a)", '1:9: parse error: unexpected number "1" in grouping opts, expected label'),
        ("sum(rate(a[5m])", "1:16: parse error: unclosed left parenthesis"),
        ("sum(a b)", '1:7: parse error: unexpected identifier "b" in aggregation'),
        ("nope(a) !", '1:1: parse error: unknown function with name "nope"'),
        ("rate(a[5m], *)", "1:11: parse error: trailing commas not allowed in function call args"),
        ("a / on (b) group_left *", '1:23: parse error: unexpected <op:*> in grouping opts, expected "("'),
        ("1e + 2", '1:1: parse error: error parsing number: strconv.ParseFloat: parsing "1e": invalid syntax'),
        ("a[5x]", '1:3: parse error: bad number or duration syntax: "5"'),
        ("a[1_0m]", '1:3: parse error: unknown unit "_" in duration "1_0m"'),
        ("a[5m*)", "1:7: parse error: unexpected right parenthesis ')'"),
        ("sum(a[5m*)", '1:10: parse error: unexpected ")" in subquery selector, expected number or duration'),
        ("a offset b", '1:10: parse error: unexpected identifier "b" in offset, expected number or duration'),
        ("topk(a)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
        ("a and 1", '1:1: parse error: set operator "and" not allowed in binary scalar expression'),
        ("1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ("a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"),
        ("a * on(x) group_left(x) b", '1:3: parse error: label "x" must not occur in ON and GROUP clause at once'),
        ('a{__name__="b"}', '1:1: parse error: metric name must not be set twice: "a" or "b"'),
        ('{x=""}', "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ('"é" + b{1}', "1:10: parse error: unexpected character inside braces: '1'"),
    ],
)
def test_errors_say_where_and_what(text: str, message: str) -> None:
    with pytest.raises(ParseError) as error:
        PLAIN.parse(text)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("text", ["a[5m+5m]", "a anchored", "a + fill(0) b", "limitk(1, a)", "mad_over_time(a[5m])"])
def test_experimental_syntax_needs_its_flag(text: str) -> None:
    with pytest.raises(ParseError, match=r"not enabled|experimental"):
        PLAIN.parse(text)


def test_unary_minus_binds_weaker_than_power() -> None:
    tree = PLAIN.parse("-a ^ 2")
    assert isinstance(tree, Unary)
    assert isinstance(tree.expr, Binary)


def test_power_is_right_associative() -> None:
    tree = PLAIN.parse("2 ^ 3 ^ 2")
    assert isinstance(tree, Binary)
    assert isinstance(tree.rhs, Binary)


@pytest.mark.parametrize("text", ["a offset 1m @ 10", "a @ 10 offset 1m"])
def test_offset_and_at_come_in_any_order(text: str) -> None:
    tree = PLAIN.parse(text)
    assert isinstance(tree, VectorSelector)
    assert (tree.shift.offset_ms, tree.shift.at_ms) == (60_000, 10_000)


@pytest.mark.parametrize("name", ["sum", "by", "and", "offset", "start", "step", "anchored", "fill", "max_of"])
def test_keywords_are_metric_names_too(name: str) -> None:
    tree = FULL.parse(f"{name} + {name}")
    assert isinstance(tree, Binary)
    assert isinstance(tree.lhs, VectorSelector)
    assert tree.lhs.name == name


def test_numbers_are_durations_and_durations_numbers() -> None:
    matrix = PLAIN.parse("a[300]")
    number = PLAIN.parse("1h30m")
    assert isinstance(matrix, MatrixSelector)
    assert matrix.range_ms == 300_000
    assert isinstance(number, NumberLiteral)
    assert number.value == 5400


def test_names_in_utf8_are_quoted_inside_the_braces() -> None:
    tree = PLAIN.parse('{"http.requests", "lbl name"="x"}')
    assert isinstance(tree, VectorSelector)
    assert [(m.name, m.value) for m in tree.matchers] == [("__name__", "http.requests"), ("lbl name", "x")]


def test_an_offset_takes_one_operand_only() -> None:
    tree = FULL.parse("a offset -2 ^ 2")
    assert isinstance(tree, Binary)
    assert isinstance(tree.lhs, VectorSelector)
    assert tree.lhs.shift.offset_ms == -2_000


def test_subqueries() -> None:
    tree = PLAIN.parse("a[1h:] offset 5m")
    assert isinstance(tree, Subquery)
    assert (tree.range_ms, tree.step_ms, tree.shift.offset_ms) == (3_600_000, 0, 300_000)


def test_comments_are_skipped() -> None:
    assert isinstance(PLAIN.parse("# note\na # more\n+ 1"), Binary)


def test_trees_are_remembered() -> None:
    assert PLAIN.parse("a + 1") is PLAIN.parse("a + 1")


@pytest.mark.parametrize(("before", "after"), [("(", ")"), ("-", ""), ("abs(", ")"), ("1 + ", ""), ("1 ^ ", "")])
def test_the_depth_of_an_expression_is_bounded(before: str, after: str) -> None:
    PLAIN.parse(before * 990 + "m" + after * 990)
    for count in (1010, 50_000):
        with pytest.raises(ParseError, match="1:1: parse error: expression is nested more than 1000 levels deep"):
            PLAIN.parse(before * count + "m" + after * count)
