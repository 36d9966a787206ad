import pytest

import exporters.container.groups  # noqa: F401 - fills the registry
from exporters.container.selection import group_names


def test_names_of_groups() -> None:
    assert {"cpu", "memory", "network", "diskio", "pressure", "spec"} <= set(group_names([], []))
    assert "process" in group_names(["cpu"], ["process"])
    assert "cpu" not in group_names(["cpu"], [])
    with pytest.raises(KeyError, match="did you mean 'memory'"):
        group_names(["memry"], [])


def test_names_of_cadvisor() -> None:
    given = (
        "advtcp,cpu_topology,cpuset,disk,diskIO,hugetlb,memory_numa,oom_event,perf_event,process,resctrl,sched,tcp,udp"
    )
    assert group_names(given.split(","), []) == ("cpu", "memory", "network", "pressure", "spec")
    assert "filesystem" in group_names([], ["disk", "oom_event"])


@pytest.mark.parametrize("name", ["app", "accelerator", "cpuLoad"])
def test_what_is_not_offered_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(KeyError, match=r"is not offered: .+"):
        group_names([], [name])
