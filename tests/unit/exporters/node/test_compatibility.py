from pathlib import Path

import pytest

from exporters.node.compatibility import DEBIAN_12, PROFILES
from exporters.page import samples
from pharos.config import ConfigError
from pharos.exposition import gauge
from tests.support.node_exporter import settings_of


def test_labels_and_families_that_came_later_are_left_out() -> None:
    size = gauge("node_filesystem_size_bytes", "Size.", 5, {"device": "a", "device_error": ""})
    info = gauge("node_filesystem_mount_info", "Mounts.", 1, {"device": "a"})
    load = gauge("node_load1", "Load.", 2)
    assert samples(DEBIAN_12.trim([size, info, load])) == {'node_filesystem_size_bytes{device="a"}': 5, "node_load1": 2}
    assert list(PROFILES["newest"].trim([size, info])) == [size, info]
    assert samples([size]) == {'node_filesystem_size_bytes{device="a",device_error=""}': 5}


def test_defaults_of_the_profile_give_way_to_flags_and_file(tmp_path: Path) -> None:
    chosen = settings_of(["--compatibility=debian-12"])
    assert "systemd" in chosen.options
    assert "watchdog" not in chosen.options
    assert chosen.options["netdev"].device_exclude == "^lo$"
    chosen = settings_of(
        ["--compatibility=debian-12", "--collector.netdev.device-exclude=^veth", "--collector.watchdog"]
    )
    assert chosen.options["netdev"].device_exclude == "^veth"
    assert "watchdog" in chosen.options
    file = tmp_path / "node.yml"
    file.write_text("compatibility: debian-12\ncollectors: {netdev: {device_exclude: ^dummy}}\n")
    chosen = settings_of([], str(file))
    assert (chosen.profile, chosen.options["netdev"].device_exclude) == (DEBIAN_12, "^dummy")
    file.write_text("compatibility: debian-11\n")
    with pytest.raises(ConfigError, match="debian-12"):
        settings_of([], str(file))
