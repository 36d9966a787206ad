import numpy as np
import orjson

from collector.api.result_json import answer
from collector.histogram import FloatHistogram
from collector.promql.result import QueryResult
from collector.storage.interface import FlatPart
from collector.storage.symbols import LabelTable


def table(*names: str) -> LabelTable:
    return LabelTable.build([(("__name__", name), ("b", "1")) for name in names])


def decoded(result: QueryResult, **options: object) -> dict[str, object]:
    return orjson.loads(b"".join(answer(result, **options)))  # type: ignore[arg-type,no-any-return]


def test_many_series_leave_in_pieces() -> None:
    steps = np.arange(1000, dtype=np.int64) * 1000
    values = np.random.default_rng(1).random((200, 1000))
    labels = table(*(f"m{number}" for number in range(200)))
    result = QueryResult("matrix", steps, labels, values, np.ones(values.shape, np.bool_))
    pieces = list(answer(result))
    assert len(pieces) > 5
    assert len(pieces[0]) < 300_000
    series = orjson.loads(b"".join(pieces))["data"]["result"]
    assert [float(value) for _, value in series[42]["values"]] == values[42].tolist()
    assert series[42]["metric"] == {"__name__": "m42", "b": "1"}


def test_floats_and_histograms_of_one_series_stand_apart() -> None:
    histograms = np.array([[None, FloatHistogram(count=2, sum=3)]], object)
    result = QueryResult(
        "matrix", np.array([1000, 2000]), table("h"), np.array([[1.0, 0.0]]), np.ones((1, 2), np.bool_), histograms
    )
    assert decoded(result)["data"]["result"] == [  # type: ignore[index]
        {
            "metric": {"__name__": "h", "b": "1"},
            "values": [[1, "1"]],
            "histograms": [[2, {"count": "2", "sum": "3"}]],
        }
    ]


def test_a_histogram_in_a_vector() -> None:
    histograms = np.array([[FloatHistogram(count=2, sum=3)]], object)
    result = QueryResult(
        "vector", np.array([1000]), table("h"), np.zeros((1, 1)), np.ones((1, 1), np.bool_), histograms
    )
    assert decoded(result)["data"]["result"][0]["histogram"] == [1, {"count": "2", "sum": "3"}]  # type: ignore[index]


def test_more_than_ten_annotations_are_summed_up() -> None:
    result = QueryResult("string", np.array([0]), text="x", warnings=tuple(f"w{number}" for number in range(13)))
    assert decoded(result)["warnings"][-1] == "3 more warning annotations omitted"  # type: ignore[index]


def test_raw_samples_of_series_with_times_of_their_own() -> None:
    histograms = np.array([None, None, None, FloatHistogram(count=2, sum=3), None], object)
    part = FlatPart(
        np.arange(3),
        np.array([0, 2, 2, 5]),
        np.array([1000, 2500, 1000, 2000, 4000]),
        np.array([1.5, 2.0, 3.0, 3.0, np.nan]),
        histograms,
    )
    result = QueryResult("matrix", np.zeros(0, np.int64), table("a", "b", "c"), raw=part)
    shown = decoded(result)["data"]["result"]  # type: ignore[index]
    assert [series.get("values") for series in shown] == [[[1, "1.5"], [2.5, "2"]], [], [[1, "3"], [4, "NaN"]]]
    assert shown[2]["histograms"] == [[2, {"count": "2", "sum": "3"}]]
    many = FlatPart(np.arange(1), np.array([0, 3000]), np.arange(3000) * 1500, np.arange(3000) / 8)
    shown = decoded(QueryResult("matrix", np.zeros(0, np.int64), table("a"), raw=many))["data"]["result"]  # type: ignore[index]
    assert [[time, float(value)] for time, value in shown[0]["values"]] == [[n * 1.5, n / 8] for n in range(3000)]
