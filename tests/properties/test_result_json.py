"""A matrix written many values at a time says what the slow, exact writer of single values says."""

import math

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from collector.api.numbers import value_text, value_texts
from collector.api.result_json import answer
from collector.api.text_columns import number_texts
from collector.promql.result import QueryResult
from collector.storage.symbols import LabelTable

WHOLE = st.integers(-(2**60), 2**60).map(float)
VALUES = st.one_of(st.floats(), WHOLE, st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 1e21, 2.0**53, 1e-7]))


@given(st.lists(st.one_of(VALUES, WHOLE), max_size=20))
def test_many_values_are_written_as_each_alone(values: list[float]) -> None:
    array = np.array(values, np.float64)
    expected = [value_text(value).encode() for value in values]
    assert value_texts(array) == expected
    texts = number_texts(array)
    assert [
        texts.source[start : start + length]
        for start, length in zip(texts.starts.tolist(), texts.lengths.tolist(), strict=True)
    ] == expected


@given(
    arrays.arrays(np.float64, (3, 4), elements=VALUES | WHOLE),
    arrays.arrays(np.bool_, (3, 4)),
    st.integers(-2000, 2000),
)
def test_a_matrix_shows_what_is_present(values: np.ndarray, present: np.ndarray, start: int) -> None:  # type: ignore[type-arg]
    times = start + 500 * np.arange(4, dtype=np.int64)
    labels = LabelTable.build([(("a", str(number)),) for number in range(3)])
    shown = orjson.loads(b"".join(answer(QueryResult("matrix", times, labels, values, present))))["data"]["result"]
    assert shown == [
        {
            "metric": {"a": str(row)},
            "values": [
                [times[step] / 1000, value_text(float(values[row, step]))] for step in range(4) if present[row, step]
            ],
        }
        for row in range(3)
    ]
