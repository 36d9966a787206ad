from collector.api.series_heads import SeriesHeads
from collector.storage.symbols import LabelTable


def test_labels_stand_in_the_order_of_their_names() -> None:
    table = LabelTable.build([(("__name__", "up"), ("a", 'say "x"')), (("__name__", "up"), ("b", "2"))])
    heads = SeriesHeads(table)
    assert heads.of(slice(0, 2)) == [
        b'{"metric":{"__name__":"up","a":"say \\"x\\""}',
        b',{"metric":{"__name__":"up","b":"2"}',
    ]
    assert heads.of(slice(1, 2)) == [b',{"metric":{"__name__":"up","b":"2"}']


def test_series_without_labels_and_no_series() -> None:
    assert SeriesHeads(LabelTable.build([()])).of(slice(0, 1)) == [b'{"metric":{}']
    assert SeriesHeads(LabelTable.build([])).of(slice(0, 0)) == []
