"""Sessions of logind, asked over D-Bus."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Final

from exporters.dbus import DBusError, SystemBus
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, gauge

_NAME: Final = "org.freedesktop.login1"
_PATH: Final = "/org/freedesktop/login1"
_TYPES: Final = ("other", "unspecified", "tty", "x11", "wayland", "mir", "web")
_CLASSES: Final = ("other", "user", "greeter", "lock-screen", "background")


@collectors.register("logind", default=False)
def logind(host: Host) -> Iterator[Metric]:
    """Session counts of logind."""
    sessions: Counter[tuple[str, str, str, str]] = Counter()
    with SystemBus(host.root("run/dbus/system_bus_socket")) as bus:
        seats = [entry[0] for entry in bus.call(_NAME, _PATH, f"{_NAME}.Manager", "ListSeats")[0]]
        for _, _, _, seat, path in bus.call(_NAME, _PATH, f"{_NAME}.Manager", "ListSessions")[0]:
            try:
                remote, kind, group = (
                    bus.get(_NAME, path, f"{_NAME}.Session", name) for name in ("Remote", "Type", "Class")
                )
            except DBusError:  # it has just ended
                continue
            known_type = kind if kind in _TYPES else "other"
            sessions[seat, str(remote).lower(), known_type, group if group in _CLASSES else "other"] += 1
    family = gauge("node_logind_sessions", "Number of sessions registered in logind.")
    for key in product([*seats, ""], ("true", "false"), _TYPES, _CLASSES):
        family.add(sessions[key], dict(zip(("seat", "remote", "type", "class"), key, strict=True)))
    yield family
