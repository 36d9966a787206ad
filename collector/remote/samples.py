"""The samples of a remote write request as columns, without a step of Python for each.

A `prometheus.Sample` in a series is nearly always one of two shapes, and nearly always the same one many times in a row:

    12 10 09 <8 bytes of double> 10 <6 bytes of varint>     a value and a time between 2004 and 2109
    12 07 10 <6 bytes of varint>                            the same with the value 0, which protobuf leaves out

Runs of either shape are found by one regular expression each, kept as bytes and decoded together at the end of the request; anything
else is decoded by itself. Both versions of the protocol number the field 2.
"""

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.protobuf import FIXED64, double, fields, signed

_VALUED: Final = re.compile(rb"(?:\x12\x10\x09.{8}\x10[\x80-\xff]{5}[\x00-\x7f])+", re.DOTALL)
_ZERO: Final = re.compile(rb"(?:\x12\x07\x10[\x80-\xff]{5}[\x00-\x7f])+", re.DOTALL)
_SIZES: Final = (18, 9)
_VALUED_KIND, _ZERO_KIND, _OTHER_KIND = range(3)


class SampleRuns:
    """Collects samples in the order of the request. `count` samples so far."""

    __slots__ = ("_counts", "_kinds", "_other", "_raw", "count")

    def __init__(self) -> None:
        self.count = 0
        self._kinds: list[int] = []
        self._counts: list[int] = []
        self._raw: tuple[list[Any], list[Any]] = ([], [])
        self._other: list[tuple[int, float]] = []

    def take_runs(self, message: Any, at: int) -> tuple[int, int]:
        """Take the runs that begin at `at`: how many samples they hold and where they end."""
        taken = 0
        while True:
            match = _VALUED.match(message, at)
            kind = _VALUED_KIND
            if match is None:
                match = _ZERO.match(message, at)
                kind = _ZERO_KIND
            if match is None:
                return taken, at
            end = match.end()
            self._raw[kind].append(message[at:end])
            taken += self._note(kind, (end - at) // _SIZES[kind])
            at = end

    def take_one(self, message: Any) -> None:
        """Take a `Sample` message of any shape. Raises `ProtobufError`."""
        value, timestamp = 0.0, 0
        for number, kind, raw in fields(message):
            if number == 1 and kind == FIXED64:
                value = double(raw)
            elif number == 2:
                timestamp = signed(raw)
        self._other.append((timestamp, value))
        self._note(_OTHER_KIND, 1)

    def _note(self, kind: int, count: int) -> int:
        self._kinds.append(kind)
        self._counts.append(count)
        self.count += count
        return count

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Timestamps in milliseconds, int64[count], and values, float64[count]."""
        timestamps, values = np.zeros(self.count, np.int64), np.zeros(self.count)
        kinds = np.repeat(np.array(self._kinds, np.int8), self._counts)
        valued, zero, other = (kinds == kind for kind in (_VALUED_KIND, _ZERO_KIND, _OTHER_KIND))
        records = np.frombuffer(b"".join(self._raw[_VALUED_KIND]), np.uint8).reshape(-1, 18)
        values[valued] = np.ascontiguousarray(records[:, 3:11]).view("<f8")[:, 0]
        timestamps[valued] = _varints(records[:, 12:])
        timestamps[zero] = _varints(np.frombuffer(b"".join(self._raw[_ZERO_KIND]), np.uint8).reshape(-1, 9)[:, 3:])
        if self._other:
            timestamps[other] = [timestamp for timestamp, _ in self._other]
            values[other] = [value for _, value in self._other]
        return timestamps, values


def _varints(columns: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Numbers of six bytes each, uint8[n, 6]."""
    out = np.zeros(len(columns), np.int64)
    for index in range(6):
        out |= (columns[:, index] & 0x7F).astype(np.int64) << 7 * index
    return out
