import gzip
import zlib

import cramjam
import pytest

from blackbox.failures import ProbeError
from blackbox.wire.body import BodySink

TEXT = b"all healthy here, " * 1000


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("compression", "data"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("deflate", deflated(TEXT)),
        ("br", bytes(cramjam.brotli.compress(TEXT))),
    ],
)
def test_in_pieces(compression: str, data: bytes) -> None:
    sink = BodySink(compression, 0, keep=True)
    for start in range(0, len(data), 50):
        sink(data[start : start + 50])
    assert (sink.size_bytes, sink.content) == (len(TEXT), TEXT)


def test_only_counted() -> None:
    sink = BodySink("", 0, keep=False)
    sink(TEXT)
    assert (sink.size_bytes, sink.content) == (len(TEXT), b"")


def test_a_bomb_meets_the_limit() -> None:
    sink = BodySink("gzip", 1000, keep=True)
    with pytest.raises(ProbeError, match="larger than body_size_limit, 1000 bytes"):
        sink(gzip.compress(b"\0" * 50_000_000))
    assert (sink.size_bytes, len(sink.content)) == (1000, 1000)


@pytest.mark.parametrize("compression", ["gzip", "deflate", "br"])
def test_what_cannot_be_decompressed(compression: str) -> None:
    with pytest.raises(ProbeError, match="cannot decompress"):
        BodySink(compression, 0, keep=True)(b"\xff" * 100)
