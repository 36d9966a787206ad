"""Rows of the past on today's grid."""

from dashboards.grafana.layout import flatten_rows


def test_spans_wrap_and_heights_are_rows_of_38_pixels() -> None:
    panels = flatten_rows([{"height": "300px", "panels": [{"span": 8}, {"span": 8}]}, {"panels": [{"span": 12}]}])
    assert [panel["gridPos"] for panel in panels] == [
        {"x": 0, "y": 0, "w": 16, "h": 8},
        {"x": 0, "y": 8, "w": 16, "h": 8},
        {"x": 0, "y": 16, "w": 24, "h": 7},
    ]


def test_repeated_rows_keep_their_variable() -> None:
    rows = flatten_rows([{"title": "$node", "showTitle": True, "repeat": "node", "panels": [{"span": 12}]}])
    assert rows[0]["repeat"] == "node"
    assert rows[1]["gridPos"]["y"] == 1
