from pathlib import Path

import pytest

from exporters.node.collectors.hwmon import chip_names, clean, unit


@pytest.mark.parametrize(
    ("name", "cleaned"), [("coretemp.0", "coretemp_0"), ("NCT6779-isa", "nct6779_isa"), ("..", "")]
)
def test_names(name: str, cleaned: str) -> None:
    assert clean(name) == cleaned


def test_chips_of_one_device_are_told_apart(tmp_path: Path) -> None:
    for index, name in enumerate(("fan", "wmi", "wmi")):
        folder = tmp_path / f"platform/asus/hwmon/hwmon{index}"
        folder.mkdir(parents=True)
        (folder / "name").write_text(name)
        (folder / "device").symlink_to(tmp_path / "platform/asus")
    folders = [str(tmp_path / f"platform/asus/hwmon/hwmon{index}") for index in range(3)]
    assert [name for _, name in chip_names(folders)] == [
        "platform_asus_fan",
        "platform_asus_hwmon1",
        "platform_asus_hwmon2",
    ]


@pytest.mark.parametrize(
    ("kind", "element", "suffix", "divisor"),
    [
        ("temp", "input", "_celsius", 1000),
        ("temp", "type", "", 1),
        ("fan", "max", "_rpm", 1),
        ("curr", "input", "_amps", 1000),
        ("power", "accuracy", "", 1e6),
        ("power", "average_interval_min", "_seconds", 1000),
        ("humidity", "input", "", 1e6),
        ("in", "alarm", "", 1),
        ("in", "beep", "_enabled", 1),
    ],
)
def test_units(kind: str, element: str, suffix: str, divisor: float) -> None:
    found = unit(kind, element)
    assert (found[0], found[2]) == (suffix, divisor)
