import pytest

from exporters.node.collectors.bcache import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("1.5M", (1 << 20) + 500 * 1024), ("-790.2k", -790 * 1024 - 200), ("3G", 3 << 30)],
)
def test_sizes_in_bcaches_notation(text: str, size: int) -> None:
    assert parse_size(text) == size
