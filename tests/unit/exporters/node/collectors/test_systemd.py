from pathlib import Path
from typing import Any

import pytest

from tests.support.dbus_server import serving
from tests.support.node_exporter import collect

PROPERTIES = {
    ("/org/freedesktop/systemd1", "Version"): ("s", "252.30-1~deb12u2"),
    ("/org/freedesktop/systemd1", "Virtualization"): ("s", "kvm"),
    ("/org/freedesktop/systemd1", "SystemState"): ("s", "running"),
    ("/u/lamp", "Type"): ("s", "notify"),
    ("/u/lamp", "NRestarts"): ("u", 3),
    ("/u/lamp", "TasksCurrent"): ("t", 7),
    ("/u/lamp", "TasksMax"): ("t", 2**64 - 1),
    ("/u/lamp", "ActiveEnterTimestamp"): ("t", 1_700_000_000_000_000),
    ("/u/daily", "LastTriggerUSec"): ("t", 1_600_000_000_500_000),
    ("/u/door", "NAccepted"): ("u", 5),
    ("/u/door", "NConnections"): ("u", 1),
}
UNITS = [
    ("lamp.service", "", "loaded", "active", "running", "", "/u/lamp", 0, "", "/"),
    ("daily.timer", "", "loaded", "active", "waiting", "", "/u/daily", 0, "", "/"),
    ("door.socket", "", "loaded", "failed", "failed", "", "/u/door", 0, "", "/"),
    ("gone.service", "", "not-found", "inactive", "dead", "", "/u/gone", 0, "", "/"),
    ("dev-sda.device", "", "loaded", "active", "plugged", "", "/u/sda", 0, "", "/"),
]


def answer(path: str, _: str, member: str, arguments: list[Any]) -> tuple[str, list[Any]] | None:
    if member == "ListUnits":
        return "a(ssssssouso)", [UNITS]
    found = PROPERTIES.get((path, arguments[1]))
    return None if found is None else ("v", [found])


def test_units_and_their_properties(tmp_path: Path) -> None:
    with serving(tmp_path / "run/dbus/system_bus_socket", answer):
        page = collect(
            "systemd",
            [
                f"--path.rootfs={tmp_path}",
                "--collector.systemd.enable-task-metrics",
                "--collector.systemd.enable-restarts-metrics",
                "--collector.systemd.enable-start-time-metrics",
            ],
        )
    assert page['node_systemd_version{version="252.30-1~deb12u2"}'] == 252.30
    assert page['node_systemd_virtualization_info{virtualization_type="kvm"}'] == 1
    assert page["node_systemd_system_running"] == 1
    assert page['node_systemd_units{state="active"}'] == 3
    assert page['node_systemd_units{state="deactivating"}'] == 0
    assert page['node_systemd_unit_state{name="lamp.service",state="active",type="notify"}'] == 1
    assert page['node_systemd_unit_state{name="door.socket",state="failed",type=""}'] == 1
    assert page['node_systemd_service_restart_total{name="lamp.service"}'] == 3
    assert page['node_systemd_unit_tasks_current{name="lamp.service"}'] == 7
    assert 'node_systemd_unit_tasks_max{name="lamp.service"}' not in page
    assert page['node_systemd_unit_start_time_seconds{name="lamp.service"}'] == 1_700_000_000
    assert page['node_systemd_timer_last_trigger_seconds{name="daily.timer"}'] == 1_600_000_000.5
    assert page['node_systemd_socket_accepted_connections_total{name="door.socket"}'] == 5
    assert not [key for key in page if "gone" in key or "dev-sda" in key or "refused" in key]


def test_choosing_units_by_their_whole_name(tmp_path: Path) -> None:
    with serving(tmp_path / "run/dbus/system_bus_socket", answer):
        page = collect("systemd", [f"--path.rootfs={tmp_path}", "--collector.systemd.unit-include=lamp"])
    assert not [key for key in page if "unit_state" in key]


def test_no_bus(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        collect("systemd", [f"--path.rootfs={tmp_path}"])
