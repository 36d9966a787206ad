import numpy as np
import pytest

from collector.storage.chunks import CONSTANT, DECIMAL, FLOATS, decode_into, decode_times, encode_rows, encode_times
from collector.storage.interface import STALE_NAN

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("length", [1, 2, 480])
def test_every_kind_of_chunk_comes_back_bit_by_bit(length: int) -> None:
    values = np.stack(
        [
            np.full(length, 7.0),
            np.cumsum(RNG.integers(0, 9, length)).astype(float),
            RNG.integers(0, 9, length).astype(float),
            np.round(RNG.normal(0, 1, length), 3),
            RNG.normal(0, 1, length),
            np.where(np.arange(length) == length - 1, STALE_NAN, np.arange(length)),
            np.where(np.arange(length) % 2, -0.0, 0.0),
        ]
    )
    kinds, blobs = encode_rows(values)
    for row, kind, blob in zip(values, kinds.tolist(), blobs, strict=True):
        out = np.empty(length)
        if kind == CONSTANT:
            out[:] = np.frombuffer(blob)
        else:
            decode_into(kind, blob, out)
        assert (out.view(np.int64) == row.view(np.int64)).all()


def test_decimals_are_packed_as_integers() -> None:
    values = np.stack([np.arange(100) * 1.0, np.arange(100) * 0.5, RNG.normal(0, 1, 100)])
    assert encode_rows(values)[0].tolist() == [DECIMAL, DECIMAL + 1, FLOATS]


def test_times_come_back() -> None:
    times = np.cumsum(RNG.integers(1, 20_000, 300)) + 1_700_000_000_000
    assert (decode_times(encode_times(times), 300) == times).all()
