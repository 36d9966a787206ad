"""Huge pages."""

import re
from typing import Final

from exporters.container.groups.registry import Container, Emit, Families, groups
from exporters.files import entries

FAMILIES: Final[Families] = {
    "container_hugetlb_failcnt": ("counter", "Number of hugepage usage hits limits"),
    "container_hugetlb_usage_bytes": ("gauge", "Current hugepage usage in bytes"),
    "container_hugetlb_max_usage_bytes": ("gauge", "Maximum hugepage usage recorded in bytes"),
}
_USAGE: Final = re.compile(r"hugetlb\.(\w+)\.(?:current|usage_in_bytes)")


@groups.register("hugetlb", default=False, families=FAMILIES)
def hugetlb(container: Container, emit: Emit) -> None:
    """Use of huge pages per page size."""
    group = container.cgroup
    for name in entries(group.path("hugetlb", "").rstrip("/")):
        match = _USAGE.fullmatch(name)
        if match is None:
            continue
        size, labels = match[1], {"pagesize": match[1]}
        emit("container_hugetlb_usage_bytes", group.number("hugetlb", name) or 0, labels)
        if group.version == 2:
            events = group.table("hugetlb", f"hugetlb.{size}.events")
            emit("container_hugetlb_failcnt", events.get("max", 0), labels)
        else:
            emit("container_hugetlb_failcnt", group.number("hugetlb", f"hugetlb.{size}.failcnt") or 0, labels)
            peak = group.number("hugetlb", f"hugetlb.{size}.max_usage_in_bytes")
            emit("container_hugetlb_max_usage_bytes", peak or 0, labels)
