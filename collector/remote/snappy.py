"""Snappy block format, with a bound on what comes out."""

import cramjam

from collector.protobuf import ProtobufError, read_varint


def compress(data: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(data))


def decompress(data: bytes, limit: int) -> bytes:
    """Raises `ValueError` for bad data and for more than `limit` bytes; the size stands at the beginning."""
    try:
        size, _ = read_varint(data, 0)
    except ProtobufError as error:
        raise ValueError("not snappy data") from error
    if size > limit:
        raise ValueError(f"decompressed size {size} is larger than {limit} bytes")
    try:
        return bytes(cramjam.snappy.decompress_raw(data))
    except cramjam.DecompressionError as error:
        raise ValueError(f"not snappy data: {error}") from error
