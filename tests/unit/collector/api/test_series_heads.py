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


def test_many_rows_have_the_heads_of_each_one() -> None:
    series = [(("__name__", "m"), ("i", str(i)), *((("odd", "yes"),) if i % 2 else ())) for i in range(9)]
    heads = SeriesHeads(LabelTable.build(series))
    assert heads.of(slice(1, 9)) == [heads.of(slice(row, row + 1))[0] for row in range(1, 9)]
