from exporters.container.facts import Facts


def test_labels_without_what_is_empty() -> None:
    assert Facts("a", "web", "nginx").metric_labels() == {"image": "nginx", "name": "web"}
