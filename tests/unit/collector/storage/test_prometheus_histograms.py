"""Whole chunks are compared with a real Prometheus's in the integration tests; here the bits."""

import pytest

from collector.storage.prometheus_histograms import ENCODING_HISTOGRAM, BitReader, decode_histogram_chunk


def bits(text: str) -> BitReader:
    text = text.replace(" ", "")
    return BitReader(int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big"), 0)


@pytest.mark.parametrize(
    ("text", "signed", "unsigned"),
    [
        ("0", 0, 0),
        ("10 100", 4, 4),
        ("10 101", -3, 5),
        ("110 100001", -31, 33),
        ("1110 000000001", 1, 1),
        ("11111111" + "1" * 64, -1, 2**64 - 1),
    ],
)
def test_numbers_of_each_size(text: str, signed: int, unsigned: int) -> None:
    assert bits(text).signed() == signed
    assert bits(text).unsigned() == unsigned


def test_a_chunk_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="ends too early"):
        list(decode_histogram_chunk(b"\0\2\0\0\0", ENCODING_HISTOGRAM))
