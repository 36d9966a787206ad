import math

import numpy as np
import pytest

from collector.api.numbers import value_text
from collector.api.text_columns import joined, number_texts, texts_of

ODD = [0.0, -0.0, 1e16, 123456789012345680000.0, 1e21, 1e-5, 2e-6, 1e-6, 9e-7, math.nan, math.inf, -math.inf, 5e-324]


def shown(values: object) -> list[bytes]:
    texts = number_texts(np.array(values))
    pairs = zip(texts.starts.tolist(), texts.lengths.tolist(), strict=True)
    return [texts.source[start : start + length] for start, length in pairs]


@pytest.mark.parametrize("value", ODD)
def test_values_are_written_as_each_alone(value: float) -> None:
    expected = value_text(value).encode()
    assert shown([value]) == [expected]
    assert shown([value, 2.5, value]) == [expected, b"2.5", expected]


def test_values_of_each_size_are_written_as_each_alone() -> None:
    digits = np.random.default_rng(7).random(400)
    values = np.concatenate([digits * 10.0**power for power in range(-12, 25)])
    assert shown(values) == [value_text(value).encode() for value in values.tolist()]


def test_runs_of_equal_values_are_written_once_and_shown_each_time() -> None:
    values = np.repeat([0.1, -0.0, 0.0, 7.0, math.nan], 50)
    assert len(number_texts(values).source) < 40
    assert shown(values) == [value_text(value).encode() for value in values.tolist()]


def test_no_values_are_no_texts() -> None:
    assert shown(np.zeros(0)) == []


def test_texts_of_any_length_follow_their_heads() -> None:
    heads = [b"a", b"bb", b"", b"dd"]
    parts = [bytes([65 + number % 26]) * (number % 37) for number in range(10_000)]
    which = np.arange(10_000) * 7 % 4
    text, ends = joined(texts_of(heads), which, texts_of(parts))
    expected = [heads[head] + part for head, part in zip(which.tolist(), parts, strict=True)]
    assert text.tobytes() == b"".join(expected)
    assert np.diff(ends, prepend=0).tolist() == [len(part) for part in expected]


def test_nothing_put_together_is_nothing() -> None:
    text, ends = joined(texts_of([b"a"]), np.zeros(0, np.int64), texts_of([]))
    assert text.tobytes() == b""
    assert len(ends) == 0
