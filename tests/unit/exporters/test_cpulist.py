import pytest

from exporters.cpulist import parse_cpu_list


@pytest.mark.parametrize(("text", "cpus"), [("", []), ("0", [0]), ("0-2,5", [0, 1, 2, 5]), ("1, 3-4\n", [1, 3, 4])])
def test_lists(text: str, cpus: list[int]) -> None:
    assert parse_cpu_list(text) == cpus


def test_junk() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        parse_cpu_list("a-b")
