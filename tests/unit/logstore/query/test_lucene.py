"""Lucene's query language: text to tree."""

import pytest

from logstore.errors import ElasticError
from logstore.query.lucene import Group, Leaf, parse, quoted_literally


def shown(group: Group) -> str:
    """`+field:text`, nested groups in parentheses."""
    parts = []
    for sign, clause in group.clauses:
        if isinstance(clause, Group):
            text = f"({shown(clause)})"
        else:
            value = ",".join(f"{key}={bound}" for key, bound in clause.bounds) or clause.text
            text = f"{clause.field + ':' if clause.field else ''}{clause.kind}<{value}>"
        parts.append(sign + text)
    return " ".join(parts)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a b", "word<a> word<b>"),
        ("a AND b", "+word<a> +word<b>"),
        ("a OR b AND c", "word<a> +word<b> +word<c>"),
        ("a && !b", "+word<a> -word<b>"),
        ("a NOT b -c +d", "word<a> -word<b> -word<c> +word<d>"),
        ('level:error "x y"', "level:word<error> phrase<x y>"),
        ("f:(a OR b)", "(f:word<a> f:word<b>)"),
        ("n:[1 TO 10}", "n:range<gte=1,lt=10>"),
        ("n:{* TO 5]", "n:range<lte=5>"),
        ("n:>=5 m:<-3", "n:range<gte=5> m:range<lt=-3>"),
        ("time*  w?rd", "pattern<time*> pattern<w?rd>"),
        ("_exists_:trace x:*", "trace:exists<> x:exists<>"),
        ("/ab+c/", "regex<ab+c>"),
        ("fuzy~1", "fuzzy<fuzy>"),
        ("foo-bar a/b 10.0.0.1 user_id", "word<foo-bar> word<a/b> word<10.0.0.1> word<user_id>"),
        (r"path:\/var\/log 10\:30", "path:word</var/log> word<10:30>"),
        ("ANDROID NOTE ORDER", "word<ANDROID> word<NOTE> word<ORDER>"),
        ("数据库 AND 超时", "+word<数据库> +word<超时>"),
    ],
)
def test_trees(text: str, tree: str) -> None:
    assert shown(parse(text)) == tree


def test_default_and() -> None:
    assert shown(parse("a b OR c", default_and=True)) == "+word<a> word<b> word<c>"


def test_slop_and_boost() -> None:
    ((_, leaf),) = parse('"a b"~3^2.5').clauses
    assert leaf == Leaf("phrase", None, "a b", 3, 2.5)


@pytest.mark.parametrize("bad", ["(a", "a)", "f:", '"open', "a AND", "[1 TO"])
def test_errors_carry_the_query(bad: str) -> None:
    with pytest.raises(ElasticError, match="Failed to parse query"):
        parse(bad)


def test_quoted_literally_is_one_word_again() -> None:
    ((_, leaf),) = parse(quoted_literally("a:b(c)*")).clauses
    assert leaf == Leaf("word", None, "a:b(c)*")
