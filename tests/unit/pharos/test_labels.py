from pharos.labels import format_labels, is_legacy_label_name, is_valid_utf8_name, label_set


def test_a_label_set_is_sorted_and_without_empty_values() -> None:
    assert label_set({"b": "2", "a": "1", "c": ""}) == (("a", "1"), ("b", "2"))


def test_prints_metrics_as_prometheus_does() -> None:
    assert format_labels({"__name__": "up", "job": 'a"b\\c\n'}) == 'up{job="a\\"b\\\\c\\n"}'
    assert format_labels({"__name__": "up"}) == "up"
    assert format_labels({}) == "{}"
    assert format_labels({"__name__": "http.requests", "a.b": "x"}) == '{"http.requests", "a.b"="x"}'


def test_names() -> None:
    assert is_legacy_label_name("a_1")
    assert not is_legacy_label_name("1a")
    assert not is_legacy_label_name("ä")
    assert is_valid_utf8_name("ä b")
    assert not is_valid_utf8_name("\udcff")
