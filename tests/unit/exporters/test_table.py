from exporters.page import samples
from exporters.table import Table


def test_samples_gather_in_their_families_and_none_is_left_out() -> None:
    table = Table()
    table.gauge("x", "One.", 1, {"a": "1"})
    table.counter("y_total", "Two.", None, {})
    table.gauge("x", "One.", 2, {"a": "2"})
    assert samples(table) == {'x{a="1"}': 1, 'x{a="2"}': 2}
    assert len(list(table)) == 1
