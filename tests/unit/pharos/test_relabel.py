"""Every relabelling action, as Prometheus does it."""

import hashlib
from typing import Any

import pytest

from pharos.labels import Labels
from pharos.regex import anchored
from pharos.relabel import RelabelAction, RelabelConfig, relabel


def rule(action: str = "replace", regex: str = "(.*)", sources: tuple[str, ...] = (), **more: Any) -> RelabelConfig:
    return RelabelConfig(sources, regex=anchored(regex), action=RelabelAction(action), **more)


CASES: dict[str, tuple[Labels, RelabelConfig, Labels | None]] = {
    "replace": ({"a": "foo"}, rule(regex="f(.*)", sources=("a",), target_label="b", replacement="x${1}y"), {"a": "foo", "b": "xooy"}),
    "replace without a match": ({"a": "foo"}, rule(regex="g", sources=("a",), target_label="b"), {"a": "foo"}),
    "replace by nothing deletes": ({"a": "foo"}, rule(sources=("b",), target_label="a"), {}),
    "replace joins": ({"a": "1", "b": "2"}, rule(sources=("a", "b"), separator="-", target_label="c"), {"a": "1", "b": "2", "c": "1-2"}),
    "replace a computed label": ({"a": "b.c"}, rule(sources=("a",), target_label="x_$1", replacement="1"), {"a": "b.c", "x_b.c": "1"}),
    "keep": ({"a": "1"}, rule("keep", "1", ("a",)), {"a": "1"}),
    "keep not": ({"a": "12"}, rule("keep", "1", ("a",)), None),
    "drop": ({"a": "1"}, rule("drop", "1", ("a",)), None),
    "drop not": ({"a": "12"}, rule("drop", "1", ("a",)), {"a": "12"}),
    "keepequal": ({"a": "1", "b": "2"}, rule("keepequal", sources=("a",), target_label="b"), None),
    "dropequal": ({"a": "1", "b": "2"}, rule("dropequal", sources=("a",), target_label="b"), {"a": "1", "b": "2"}),
    "labelmap": ({"x_a": "1"}, rule("labelmap", "x_(.*)"), {"x_a": "1", "a": "1"}),
    "labeldrop": ({"x_a": "1", "b": "2"}, rule("labeldrop", "x_.*"), {"b": "2"}),
    "labelkeep": ({"x_a": "1", "b": "2"}, rule("labelkeep", "x_.*"), {"x_a": "1"}),
    "lowercase": ({"a": "ÄB"}, rule("lowercase", sources=("a",), target_label="a"), {"a": "äb"}),
    "uppercase": ({"a": "äb"}, rule("uppercase", sources=("a",), target_label="a"), {"a": "ÄB"}),
    "a dot matches a newline": ({"a": "x\ny"}, rule("drop", "x.y", ("a",)), None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_actions(case: str) -> None:
    labels, config, expected = CASES[case]
    before = dict(labels)
    assert relabel(labels, [config]) == expected
    assert labels == before


def test_hashmod_takes_the_last_eight_bytes_of_the_md5() -> None:
    number = int.from_bytes(hashlib.md5(b"x", usedforsecurity=False).digest()[8:], "big") % 7
    assert relabel({"a": "x"}, [rule("hashmod", sources=("a",), target_label="b", modulus=7)]) == {
        "a": "x",
        "b": str(number),
    }


def test_rules_follow_each_other_until_one_drops() -> None:
    rules = [rule(sources=("a",), target_label="b"), rule("drop", "1", ("b",)), rule(target_label="c", replacement="x")]
    assert relabel({"a": "1"}, rules) is None
    assert relabel({"a": "2"}, rules) == {"a": "2", "b": "2", "c": "x"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "requires 'target_label'"),
        ({"action": "hashmod", "target_label": "a"}, "requires a non-zero 'modulus'"),
        ({"action": "labelmap", "replacement": ""}, "requires a non-empty 'replacement'"),
        ({"action": "labeldrop", "target_label": "a"}, "requires only 'regex'"),
    ],
)
def test_contradictions_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rule(**arguments)
