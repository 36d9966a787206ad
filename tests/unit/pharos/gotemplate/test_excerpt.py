from pharos.gotemplate.excerpt import command_at, word_at


def test_words_and_commands() -> None:
    text = '{{ index (query "a|b)}}") 9 | print }}'
    assert word_at(text, 3) == "index"
    assert command_at(text, 3) == 'index (query "a|b)}}") 9'
    assert command_at(text, text.index("query")) == 'query "a|b)}}"'
    assert command_at(text, text.index("print")) == "print"
    assert command_at("{{ f `}}` -}}", 3) == "f `}}`"
