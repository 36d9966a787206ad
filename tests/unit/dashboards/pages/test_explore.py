"""Explore."""

from dashboards.pages.explore import explore_spec


def test_a_table_asks_for_one_instant_and_a_graph_for_a_range() -> None:
    assert explore_spec("up", "table")["targets"][0]["instant"] is True
    assert "instant" not in explore_spec("up", "graph")["targets"][0]
