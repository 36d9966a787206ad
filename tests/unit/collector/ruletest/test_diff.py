from collector.ruletest.diff import json_difference


def test_what_is_equal_changed_new_and_missing() -> None:
    text = json_difference({"a": 1, "b": 2, "c": [1]}, {"a": 1, "b": 3, "d": 4})
    assert text.splitlines() == [
        "{",
        '    "a": 1,',
        '    "b": \x1b[0;33m2 => 3\x1b[0m,',
        '    \x1b[0;31m"c": [',
        "        1",
        "    ]\x1b[0m,",
        '    \x1b[0;32m"d": 4\x1b[0m',
        "}",
    ]
