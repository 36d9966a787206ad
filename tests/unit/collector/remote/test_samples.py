import math
import struct

from hypothesis import given
from hypothesis import strategies as st

from collector.protobuf import put_bytes, put_double, put_int
from collector.remote.samples import SampleRuns

TIMES = st.one_of(st.integers(1_500_000_000_000, 2_000_000_000_000), st.integers(-(2**62), 2**62), st.just(0))
VALUES = st.one_of(st.just(0.0), st.floats())


def message(samples: list[tuple[int, float]], *, spell_out_zero: bool) -> bytes:
    out = b""
    for timestamp, value in samples:
        value_field = (
            put_double(1, value) if value or math.copysign(1, value) < 0 or math.isnan(value) or spell_out_zero else b""
        )
        out += put_bytes(2, value_field + put_int(2, timestamp))
    return out


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


@given(st.lists(st.tuples(TIMES, VALUES), max_size=30), st.booleans())
def test_any_mixture_of_shapes_comes_back_in_order(samples: list[tuple[int, float]], spell_out_zero: bool) -> None:
    from collector.protobuf import fields

    raw = b"\x0a\x00" + message(samples, spell_out_zero=spell_out_zero)
    runs = SampleRuns()
    _, end = runs.take_runs(raw, 2)
    for number, _, value in fields(raw, end):
        assert number == 2
        runs.take_one(value)
    timestamps, values = runs.columns()
    assert [(t, bits(v)) for t, v in zip(timestamps.tolist(), values.tolist(), strict=True)] == [
        (t, bits(v)) for t, v in samples
    ]


def test_regular_runs_are_taken_whole() -> None:
    samples = [(1_700_000_000_000 + index * 15_000, float(index % 3)) for index in range(100)]
    raw = message(samples, spell_out_zero=False)
    assert SampleRuns().take_runs(raw, 0) == (100, len(raw))


def test_nothing_is_nothing() -> None:
    runs = SampleRuns()
    assert runs.take_runs(b"", 0) == (0, 0)
    timestamps, values = runs.columns()
    assert (len(timestamps), len(values)) == (0, 0)
