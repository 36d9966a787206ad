import pytest

from exporters.humansize import parse_human_size


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("720", 720), ("1.5k", 1536), ("2.00M", 2 << 20), ("1G", 1 << 30)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_human_size(text) == size


def test_junk() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        parse_human_size("")
