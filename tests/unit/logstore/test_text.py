"""Words, as the index sees them."""

from logstore.text import all_words, phrases, spaced


def test_ideographs_are_words_of_their_own() -> None:
    assert spaced("数据库 ok") == " 数  据  库  ok"
    assert all_words("数据库timeout") == ["数", "据", "库", "timeout"]


def test_words_with_punctuation_are_phrases() -> None:
    assert phrases("error_code at 10.0.0.1") == [["error", "code"], ["at"], ["10", "0", "0", "1"]]
    assert phrases("--- ") == []
