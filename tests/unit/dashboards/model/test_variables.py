"""Template variables."""

import pytest

from dashboards.model.interpolation import ALL, Value
from dashboards.model.variables import (
    Query,
    Variable,
    apply_regex,
    choose,
    parse_query,
    read_variable,
    sort_options,
    to_value,
)

OPTIONS = [("a", "a"), ("b", "b")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("label_values(instance)", Query("label_values", "instance", "")),
        ("label_values(up, instance)", Query("label_values", "instance", "up")),
        ('label_values(up{job="a,b"}, instance)', Query("label_values", "instance", 'up{job="a,b"}')),
        ("label_names()", Query("label_names", "", "")),
        ("metrics(node_.*)", Query("metrics", "", "node_.*")),
        ("query_result(topk(5, up))", Query("query_result", "", "topk(5, up)")),
    ],
)
def test_a_variable_query_is_read(text: str, expected: Query) -> None:
    assert parse_query(text) == expected


def test_another_query_is_refused() -> None:
    with pytest.raises(ValueError, match="label_values"):
        parse_query("show tables")


def test_the_object_form_and_the_old_form_are_read_alike() -> None:
    new = read_variable(
        {"name": "i", "type": "query", "query": {"query": "label_values(i)", "refId": "x"}, "datasource": {"uid": "p"}}
    )
    old = read_variable({"name": "i", "type": "query", "query": "label_values(i)", "datasource": "p"})
    assert new == old


def test_custom_options_may_have_names() -> None:
    assert read_variable({"name": "c", "type": "custom", "query": r"1, two : 2, a\,b"}).options == (
        ("1", "1"),
        ("two", "2"),
        ("a,b", "a,b"),
    )


def test_a_regex_keeps_extracts_and_names() -> None:
    assert apply_regex(["node-1", "db-2"], "/node-.*/") == [("node-1", "node-1")]
    assert apply_regex(["node-1"], r"/-(\d)/") == [("1", "1")]
    assert apply_regex(['x{a="1",b="2"}'], '/a="(?<text>[^"]+)".*b="(?<value>[^"]+)"/') == [("1", "2")]
    with pytest.raises(ValueError, match="variable regex"):
        apply_regex(["a"], "/(/")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (0, ["b10", "b9", "A"]),
        (1, ["A", "b10", "b9"]),
        (2, ["b9", "b10", "A"]),
        (3, ["A", "b9", "b10"]),
        (7, ["A", "b9", "b10"]),
    ],
)
def test_options_are_sorted(order: int, expected: list[str]) -> None:
    options = [(text, text) for text in ("b10", "b9", "A")]
    assert [text for text, _ in sort_options(options, order)] == expected


def test_the_value_asked_for_wins_if_it_exists() -> None:
    variable = Variable("v", "query", current=("b",))
    assert choose(variable, OPTIONS, ["a"]) == ("a",)
    assert choose(variable, OPTIONS, ["gone"]) == ("b",)
    assert choose(Variable("v", "query"), OPTIONS, []) == ("a",)
    assert choose(Variable("v", "query", include_all=True), OPTIONS, []) == (ALL,)
    assert choose(Variable("v", "query", multi=True, include_all=True), OPTIONS, ["All"]) == (ALL,)
    assert choose(Variable("v", "query", multi=True), OPTIONS, ["a", "b"]) == ("a", "b")
    assert choose(Variable("v", "textbox", query="x"), [], []) == ("x",)
    assert choose(Variable("v", "query"), [], []) == ()


def test_all_means_every_option() -> None:
    variable = Variable("v", "query", multi=True, include_all=True)
    assert to_value(variable, OPTIONS, (ALL,)) == Value(("a", "b"), multi=True)
    assert to_value(variable, [], (ALL,)).values == (".*",)


def test_a_variable_depends_on_those_it_mentions() -> None:
    assert Variable("v", "query", query='label_values(up{job="$job"}, i)', datasource="${ds}").depends_on() == {
        "job",
        "ds",
    }
