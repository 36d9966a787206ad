from pathlib import Path
from typing import Any

from tests.support.dbus_server import serving
from tests.support.node_exporter import collect

SESSIONS = [("1", 1000, "keeper", "seat0", "/s/1"), ("2", 1000, "keeper", "", "/s/2"), ("3", 0, "gone", "", "/s/3")]
PROPERTIES: dict[tuple[str, str], tuple[str, Any]] = {
    ("/s/1", "Remote"): ("b", False),
    ("/s/1", "Type"): ("s", "wayland"),
    ("/s/1", "Class"): ("s", "user"),
    ("/s/2", "Remote"): ("b", True),
    ("/s/2", "Type"): ("s", "telegraph"),
    ("/s/2", "Class"): ("s", "user"),
}


def answer(path: str, _: str, member: str, arguments: list[Any]) -> tuple[str, list[Any]] | None:
    if member == "ListSeats":
        return "a(so)", [[("seat0", "/seat0")]]
    if member == "ListSessions":
        return "a(susso)", [SESSIONS]
    found = PROPERTIES.get((path, arguments[1]))
    return None if found is None else ("v", [found])


def test_sessions_by_seat_and_kind(tmp_path: Path) -> None:
    with serving(tmp_path / "run/dbus/system_bus_socket", answer):
        page = collect("logind", [f"--path.rootfs={tmp_path}"])
    assert page['node_logind_sessions{seat="seat0",remote="false",type="wayland",class="user"}'] == 1
    assert page['node_logind_sessions{seat="",remote="true",type="other",class="user"}'] == 1
    assert sum(page.values()) == 2
    assert len(page) == 2 * 2 * 7 * 5
