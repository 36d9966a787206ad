"""The encoder against the decoder that reads Prometheus's own chunks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.xorchunks import decode_xor
from collector.storage.xorencoder import CHUNK_SAMPLES, TIME_LIMIT, chunk_starts, encode_xor

STEPS = st.sampled_from([0, 1, 15_000, 15_001, 1 << 13, (1 << 13) + 1, 1 << 16, 1 << 19, (1 << 19) + 1, 1 << 40])
VALUES = st.floats(allow_nan=True) | st.integers(-5, 5).map(float) | st.sampled_from([0.0, -0.0, 1e300])


def decoded(chunks: list[bytes]) -> tuple[list[int], list[int], list[int]]:
    sizes = np.array([len(chunk) for chunk in chunks], np.int64)
    counts, times, values = decode_xor(b"".join(chunks), np.cumsum(sizes) - sizes)
    return counts.tolist(), times.tolist(), values.view(np.uint64).tolist()


@given(
    st.lists(st.lists(st.tuples(STEPS, VALUES), min_size=1, max_size=8), min_size=1, max_size=6),
    st.integers(-(1 << 50), 1 << 50),
)
def test_what_is_encoded_is_what_is_decoded(series: list[list[tuple[int, float]]], begin: int) -> None:
    lengths = [len(samples) for samples in series]
    times = np.concatenate([begin + np.cumsum([step for step, _ in samples]) for samples in series])
    values = np.array([value for samples in series for _, value in samples])
    chunks = encode_xor(times, values, np.cumsum(lengths) - lengths)
    assert decoded(chunks) == (lengths, times.tolist(), values.view(np.uint64).tolist())


def test_long_series_are_cut_into_chunks() -> None:
    offsets = np.array([0, 2 * CHUNK_SAMPLES + 1, 2 * CHUNK_SAMPLES + 4])
    starts, counts = chunk_starts(offsets)
    assert starts.tolist() == [0, CHUNK_SAMPLES, 2 * CHUNK_SAMPLES, 2 * CHUNK_SAMPLES + 1]
    assert counts.tolist() == [3, 1]
    times = np.arange(offsets[-1]) * 15_000 + 1_700_000_000_000
    values = np.random.default_rng(1).normal(size=len(times))
    assert decoded(encode_xor(times, values, starts))[1:] == (times.tolist(), values.view(np.uint64).tolist())


def test_nothing_and_too_much() -> None:
    nothing = np.empty(0, np.int64)
    assert encode_xor(nothing, np.empty(0), nothing) == []
    with pytest.raises(ValueError, match="too large"):
        encode_xor(np.array([TIME_LIMIT]), np.zeros(1), np.zeros(1, np.int64))
