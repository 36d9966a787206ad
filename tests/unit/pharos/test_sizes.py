import pytest

from pharos.sizes import Size


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("512MB", 512 * 2**20), ("1GiB", 2**30), ("1.5KB", 1536), ("7", 7)]
)
def test_reads_powers_of_1024(text: str, count: int) -> None:
    assert Size.parse(text) == count


@pytest.mark.parametrize("text", ["", "MB", "1XB", "-1KB", "1 2"])
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        Size.parse(text)


def test_prints_the_largest_exact_unit() -> None:
    assert str(Size(3 * 2**30)) == "3GB"
    assert str(Size(1000)) == "1000B"
