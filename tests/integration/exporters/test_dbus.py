"""The little D-Bus client on a real bus."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporters.dbus import DBusError, SystemBus

pytestmark = pytest.mark.integration


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    path = tmp_path / "bus"
    argv = ["dbus-daemon", "--session", f"--address=unix:path={path}", "--print-address", "--nofork", "--nopidfile"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        daemon.stdout.readline()
        yield str(path)
        daemon.terminate()


def test_calls_and_properties(bus: str) -> None:
    with SystemBus(bus) as client:
        name, path = "org.freedesktop.DBus", "/org/freedesktop/DBus"
        (names,) = client.call(name, path, name, "ListNames")
        assert name in names
        assert client.call(name, path, name, "NameHasOwner", name) == [True]
        assert isinstance(client.get(name, path, name, "Features"), list)
        (properties,) = client.call(name, path, "org.freedesktop.DBus.Properties", "GetAll", name)
        assert "Interfaces" in properties
        with pytest.raises(DBusError, match=r"org\.freedesktop\.DBus\.Error"):
            client.call(name, path, name, "NoSuchMethod")


def test_no_bus(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SystemBus(str(tmp_path / "none"))
