import numpy as np
import pytest

from collector.promql.kernels.gosort import sorted_places


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        ("sort_desc", "00100111110001", [9, 6, 2, 13, 7, 5, 8, 12, 1, 0, 10, 11, 4, 3]),
        (
            "sort",
            "320404131312343222422011321022013241443311432202414",
            [
                21,
                46,
                2,
                30,
                4,
                27,
                22,
                6,
                8,
                49,
                10,
                26,
                23,
                41,
                40,
                31,
                35,
                19,
                33,
                17,
                20,
                16,
                1,
                44,
                15,
                25,
                11,
                47,
                28,
                29,
                45,
                12,
                0,
                24,
                7,
                9,
                32,
                43,
                38,
                39,
                14,
                13,
                42,
                37,
                36,
                18,
                34,
                5,
                48,
                3,
                50,
            ],
        ),
        (
            "sort_desc",
            "011010110001000001010100101001011111110101110001101100000101",
            [
                29,
                1,
                2,
                59,
                4,
                57,
                6,
                7,
                51,
                50,
                48,
                11,
                47,
                43,
                42,
                41,
                39,
                17,
                37,
                19,
                36,
                21,
                35,
                34,
                24,
                33,
                26,
                32,
                31,
                15,
                44,
                28,
                27,
                25,
                23,
                22,
                20,
                18,
                38,
                16,
                40,
                0,
                14,
                13,
                30,
                45,
                46,
                12,
                10,
                49,
                9,
                8,
                52,
                53,
                54,
                55,
                56,
                5,
                58,
                3,
            ],
        ),
        ("sort", "n21n2n2n2n2n22n1", [2, 15, 8, 12, 4, 1, 6, 13, 10, 5, 14, 7, 3, 11, 0, 9]),
    ],
)
def test_equal_values_stand_as_in_prometheus(function: str, values: str, expected: list[int]) -> None:
    """Recorded from Prometheus 3.5: `sort(x)` and `sort_desc(x)` over series with one digit each (n: NaN)."""
    keys = np.array([float("nan") if digit == "n" else float(digit) for digit in values])
    assert sorted_places(-keys if function == "sort_desc" else keys).tolist() == expected


@pytest.mark.parametrize("size", [0, 1, 12, 13, 49, 50, 333, 5000])
@pytest.mark.parametrize("shape", ["random", "ascending", "descending", "saw", "equal"])
def test_the_result_ascends(size: int, shape: str) -> None:
    keys = {
        "random": np.random.default_rng(size).integers(0, 1 + size // 3, size),
        "ascending": np.arange(size) // 2,
        "descending": -(np.arange(size) // 2),
        "saw": np.arange(size) % 7,
        "equal": np.zeros(size),
    }[shape].astype(np.float64)
    places = sorted_places(keys)
    assert sorted(places.tolist()) == list(range(size))
    assert (np.diff(keys[places]) >= 0).all()


def test_numbers_come_before_nan() -> None:
    keys = np.array([np.nan, 3.0, np.nan, 1.0, 3.0])
    assert keys[sorted_places(keys)][:3].tolist() == [1.0, 3.0, 3.0]
