"""What the path of a cgroup tells: which runtime made it, the container's id, the pod's uid.

| made by | path |
| --- | --- |
| kubelet, cgroupfs driver | `/kubepods/{burstable,besteffort}/pod<uid>/<id>`, guaranteed pods `/kubepods/pod<uid>/<id>` |
| kubelet, systemd driver | `/kubepods.slice/.../kubepods-burstable-pod<uid with _>.slice/cri-containerd-<id>.scope` |
| docker | `/docker/<id>`, `/system.slice/docker-<id>.scope` |
| podman | `/libpod_parent/libpod-<id>`, `/machine.slice/libpod-<id>.scope`, rootless below `/user.slice/...` |
| ctr, nerdctl | `/<namespace>/<id>` |
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_ID: Final = r"[0-9a-f]{64}"
_SCOPE: Final = re.compile(rf"(?P<runtime>cri-containerd|crio|docker|libpod|nerdctl)-(?P<id>{_ID})(?:\.scope)?")
_POD_SLICE: Final = re.compile(r"(?:.*-)?pod(?P<uid>[0-9a-f_]{32,36})\.slice")
_POD_FOLDER: Final = re.compile(r"pod(?P<uid>[A-Za-z0-9-]{3,})")
_BARE: Final = re.compile(_ID)
_RUNTIMES: Final = {"cri-containerd": "containerd", "crio": "cri-o", "libpod": "podman", "nerdctl": "containerd"}


@dataclass(frozen=True, slots=True)
class CgroupName:
    """`kind` is container, pod, or other (slices, services, parents). `runtime` is empty where the path does not tell."""

    kind: str
    runtime: str = ""
    container_id: str = ""
    pod_uid: str = ""


@lru_cache(maxsize=16384)
def parse_name(path: str) -> CgroupName:
    """What a path tells."""
    parts = path.strip("/").split("/")
    last = parts[-1]
    pod_uid = next(filter(None, (_pod_uid(part) for part in reversed(parts))), "")
    scope = _SCOPE.fullmatch(last)
    if scope is not None:
        runtime = _RUNTIMES.get(scope["runtime"], scope["runtime"])
        return CgroupName("container", runtime, scope["id"], pod_uid)
    if pod_uid and _pod_uid(last):
        return CgroupName("pod", pod_uid=pod_uid)
    if pod_uid and len(parts) > 1 and _pod_uid(parts[-2]):
        return CgroupName("container", "", last, pod_uid)
    if _BARE.fullmatch(last):
        return CgroupName("container", "docker" if "docker" in parts[:-1] else "", last)
    return CgroupName("other")


def is_container(path: str) -> bool:
    """Whether the group is a container's."""
    return parse_name(path).kind == "container"


def _pod_uid(part: str) -> str:
    match = _POD_SLICE.fullmatch(part)
    if match is not None:
        return match["uid"].replace("_", "-")
    match = _POD_FOLDER.fullmatch(part)
    return match["uid"] if match is not None else ""
