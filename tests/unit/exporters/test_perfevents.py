import os
import struct

import pytest

from exporters.perfevents import Reading, open_counter, read_counter, reading


@pytest.mark.parametrize(
    ("raw", "expected"),
    [((7, 10, 10), Reading(7, 1.0)), ((7, 10, 5), Reading(14, 0.5)), ((0, 10, 0), Reading(0, 0.0))],
)
def test_counts_are_extended_to_the_whole_time(raw: tuple[int, int, int], expected: Reading) -> None:
    assert reading(struct.pack("=QQQ", *raw)) == expected


def test_a_counter_counts() -> None:
    try:
        descriptor = open_counter(1, 0, 0)  # the clock of the first CPU
    except OSError:
        pytest.skip("this kernel grants no counters")
    before = read_counter(descriptor).value
    after = read_counter(descriptor).value
    os.close(descriptor)
    assert 0 < before < after


def test_what_the_kernel_does_not_know_is_told() -> None:
    with pytest.raises(OSError):
        open_counter(4711, 0, 0)
