from pathlib import Path

import pytest

from exporters.node.collectors.processes_top import Account, Reading
from tests.support.node_exporter import collect, machine


def reading(user: int = 0, resident: int = 0, read: int = 0) -> Reading:
    return Reading(user, 0, read, 0, resident, 1)


def test_what_processes_used_before_the_first_look_does_not_count() -> None:
    account = Account(1, 60)
    account.update({(1, 0): ("a", reading(user=1000))}, 0)
    account.update({(1, 0): ("a", reading(user=1005)), (2, 9): ("a", reading(user=7))}, 10)
    ((name, group),) = account.top(10)
    assert (name, group.user_ticks, group.processes) == ("a", 12, 2)


def test_counters_keep_what_ended_processes_had() -> None:
    account = Account(1, 60)
    account.update({(1, 0): ("a", reading())}, 0)
    account.update({(1, 0): ("a", reading(user=5))}, 1)
    account.update({}, 2)
    account.update({(1, 3): ("a", reading(user=2))}, 3)
    assert account.groups["a"].user_ticks == 7


def test_the_page_is_bounded_and_a_group_stays_a_while() -> None:
    account = Account(2, 60)
    account.update({(n, 0): (f"p{n}", reading()) for n in range(50)}, 0)
    account.update({(n, 0): (f"p{n}", reading(user=n)) for n in range(50)}, 1)
    assert [name for name, _ in account.top(1)] == ["p48", "p49"]
    account.update({(n, 0): (f"p{n}", reading(user=n, resident=100 if n < 2 else 0)) for n in range(50)}, 2)
    assert [name for name, _ in account.top(2)] == ["p0", "p1", "p48", "p49"]
    assert [name for name, _ in account.top(61.5)] == ["p0", "p1"]
    for moment in range(3, 60):
        busy = {(n, moment): (f"q{moment}_{n}", reading(user=9, resident=9, read=9)) for n in range(5)}
        account.update(busy, moment)
    assert len(list(account.top(60))) <= 6


def test_many_names_are_forgotten() -> None:
    account = Account(1, 1)
    for moment in range(3):
        account.update({(n, moment): (f"x{moment}_{n}", reading()) for n in range(3000)}, moment * 10)
    assert len(account.groups) < 7000


@pytest.mark.parametrize(
    ("group_by", "group"),
    [("name", "my (odd) name"), ("unit", "docker-4a5b6c7d8e9f"), ("container", "4a5b6c7d8e9f")],
)
def test_groups(tmp_path: Path, group_by: str, group: str) -> None:
    tree = machine(tmp_path / "machine")
    (tree / "proc/10/cgroup").write_text("0::/\n")
    arguments = [f"--path.procfs={tree}/proc", f"--collector.processes_top.group-by={group_by}"]
    page = collect("processes_top", arguments)
    assert any(key.startswith(f'node_processes_top_resident_bytes{{group="{group}') for key in page)


def test_a_bad_option() -> None:
    with pytest.raises(ValueError, match="expected one of name, unit, container"):
        collect("processes_top", ["--collector.processes_top.group-by=user"])
