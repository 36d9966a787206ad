from collector.latest import latest_samples
from tests.support.collector_api import storage_with


def test_the_newest_sample_of_each_series_that_has_not_ended() -> None:
    store = storage_with("a 1 2 3", "b 1 2 stale", "c 1 2", start_s=0, step_s=1)
    selection = store.select([], 0, 10_000)
    found = {
        selection.labels.labels(row)["__name__"]: (when, value) for row, when, value, _ in latest_samples(selection)
    }
    assert found == {"a": (2000, 3.0), "c": (1000, 2.0)}


def test_series_of_one_shape() -> None:
    store = storage_with("a 1 2 3", "b 1 2 stale", start_s=0, step_s=1)
    selection = store.select([], 0, 10_000)
    assert [value for _, _, value, _ in latest_samples(selection)] == [3.0]
