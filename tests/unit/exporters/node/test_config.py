from pathlib import Path

import pytest

from pharos.config import ConfigError
from tests.support.node_exporter import settings_of


def test_defaults_are_node_exporters() -> None:
    enabled = set(settings_of([]).options)
    assert {"cpu", "filesystem", "netdev", "textfile", "watchdog", "kernel_hung", "dmmultipath"} <= enabled
    assert not {"systemd", "processes", "processes_top", "interrupts"} & enabled


def test_flags_turn_collectors_on_and_off() -> None:
    enabled = set(settings_of(["--collector.processes", "--no-collector.cpu"]).options)
    assert "processes" in enabled
    assert "cpu" not in enabled


def test_only_what_was_asked_for() -> None:
    assert set(settings_of(["--collector.disable-defaults", "--collector.loadavg"]).options) == {"loadavg"}


def test_options_have_upstreams_flags() -> None:
    chosen = settings_of(
        [
            "--collector.filesystem.mount-points-exclude=^/dev",
            "--collector.diskstats.ignored-devices=^ram",
            "--no-collector.cpu.guest",
            "--collector.textfile.directory=/a",
            "--collector.textfile.directory=/b",
            "--collector.bcache.priorityStats",
            "--collector.powersupply.ignored-supplies=BAT",
        ]
    )
    assert chosen.options["filesystem"].mount_points_exclude == "^/dev"
    assert chosen.options["diskstats"].device_exclude == "^ram"
    assert chosen.options["cpu"].guest is False
    assert chosen.options["textfile"].directory == ("/a", "/b")
    assert chosen.options["bcache"].priority_stats is True
    assert chosen.options["powersupplyclass"].ignored_supplies == "BAT"


def test_a_file_says_the_same_and_flags_win(tmp_path: Path) -> None:
    file = tmp_path / "node.yml"
    file.write_text(
        """
paths: {procfs: /host/proc}
deadline: 2s
collectors:
  cpu: {enabled: false}
  processes: {enabled: true, deadline: 500ms}
  netdev: {device_exclude: "^veth"}
  vmstat: {fields: "^a"}
"""
    )
    chosen = settings_of(["--collector.vmstat.fields=^b", "--path.sysfs=/host/sys/"], str(file))
    assert "cpu" not in chosen.options
    assert chosen.deadlines_s == {"processes": 0.5}
    assert chosen.deadline_s == 2.0
    assert chosen.options["netdev"].device_exclude == "^veth"
    assert chosen.options["vmstat"].fields == "^b"
    assert (chosen.roots.procfs, chosen.roots.sysfs, chosen.roots.rootfs) == ("/host/proc", "/host/sys", "/")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("collector: {}", "unknown key 'collector', did you mean 'collectors'?"),
        ("collectors: {cpuu: {}}", "unknown key 'cpuu', did you mean 'cpu'?"),
        ("collectors:\n  netdev: {device_exclud: a}", "did you mean 'device_exclude'?"),
        ("collectors: {cpu: {enabled: maybe}}", "expected true or false"),
        ("collectors: {netdev: {device_exclude: '['}}", "collectors.netdev.device_exclude: error parsing regexp"),
        ("deadline: soon", 'found "soon"'),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "node.yml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        settings_of([], str(file))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{file}:")


def test_a_bad_pattern_on_the_command_line() -> None:
    with pytest.raises(ValueError, match="error parsing regexp"):
        settings_of(["--collector.netdev.device-exclude=["])
