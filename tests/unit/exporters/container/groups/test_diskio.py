from pathlib import Path

from exporters.container.groups.diskio import device_name
from tests.support import cgroups


def test_names_of_devices(tmp_path: Path) -> None:
    sysfs = str(cgroups.sysfs(tmp_path))
    assert device_name("8:0", sysfs) == "/dev/sda"
    assert device_name("9:9", sysfs) == ""
