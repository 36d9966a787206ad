import numpy as np
import pytest

from collector.storage.frames import decode_columns, encode_frame, frame_times, verify_frame

RNG = np.random.default_rng(1)
ROWS = 32
COLUMNS = {
    "constant": np.full(ROWS, 3.5),
    "nan": np.full(ROWS, np.nan),
    "counter": np.cumsum(RNG.integers(0, 100, ROWS)).astype(float),
    "steep": np.cumsum(RNG.integers(0, 10**6, ROWS)).astype(float),
    "huge": np.cumsum(RNG.integers(0, 10**12, ROWS)).astype(float),
    "beyond 2^53": np.arange(ROWS) * 2.0 + 2.0**60,
    "cents": np.round(RNG.normal(50, 20, ROWS), 2),
    "micro": np.round(RNG.normal(0, 1, ROWS), 6),
    "random": RNG.normal(0, 1, ROWS),
    "minus zero": np.where(np.arange(ROWS) % 2, -0.0, 0.0),
    "mixed": np.where(np.arange(ROWS) == 7, np.nan, np.arange(ROWS)),
    "infinite": np.where(np.arange(ROWS) == 7, -np.inf, np.arange(ROWS)),
}


@pytest.mark.parametrize("rows", [1, 2, 31, 32])
def test_every_kind_of_column_comes_back_bit_by_bit(rows: int) -> None:
    values = np.stack(list(COLUMNS.values()), axis=1)[:rows]
    times = np.cumsum(RNG.integers(1, 9, rows))
    frame = encode_frame(5, times, values)
    data = np.frombuffer(b"\0" * 16 + frame + frame, np.uint8)
    position = np.repeat([16, 16 + len(frame)], values.shape[1])
    column = np.tile(np.arange(values.shape[1]), 2)
    decoded = decode_columns(data, position, column, rows)
    expected = np.tile(np.ascontiguousarray(values.T), (2, 1))
    assert (decoded.view(np.int64) == expected.view(np.int64)).all()
    assert (frame_times(data, np.array([16]), rows) == times).all()
    assert verify_frame(data.data, 16) == len(frame)


def test_a_flipped_bit_is_noticed() -> None:
    frame = encode_frame(1, np.arange(4), RNG.normal(0, 1, (4, 3)))
    for place in range(len(frame)):
        damaged = bytearray(frame)
        damaged[place] ^= 4
        assert verify_frame(memoryview(bytes(damaged)), 0) == 0


def test_wide_frames_are_packed_in_slices() -> None:
    values = RNG.integers(0, 5, (8, 3000)).astype(float)
    frame = np.frombuffer(encode_frame(1, np.arange(8), values), np.uint8)
    column = np.array([0, 1023, 1024, 2999])
    assert (decode_columns(frame, np.zeros(4, np.int64), column, 8) == values[:, column].T).all()
