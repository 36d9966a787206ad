"""Names from the links the kubelet makes for logs: `/var/log/containers/<pod>_<namespace>_<container>-<id>.log`. Needs no socket."""

import os
import re
from typing import Final

from exporters.container.facts import Facts
from exporters.container.runtimes.registry import runtimes

_LINK: Final = re.compile(r"(?P<pod>[^_]+)_(?P<namespace>[^_]+)_(?P<container>.+)-(?P<id>[0-9a-f]{64})\.log")
_UID: Final = re.compile(r"/pods/[^/_]+_[^/_]+_(?P<uid>[^/]+)/")


class LogLinks:
    """The containers whose logs the kubelet links in a folder."""

    name = "links"

    def __init__(self, address: str) -> None:
        self.address = address

    async def containers(self) -> list[Facts]:
        out = []
        for name in os.listdir(self.address):
            match = _LINK.fullmatch(name)
            if match is None:
                continue
            target = _target(f"{self.address}/{name}")
            uid = _UID.search(target)
            restarts = target.rpartition("/")[2].removesuffix(".log")
            out.append(
                Facts(
                    id=match["id"],
                    name=match["id"],
                    container=match["container"],
                    pod=match["pod"],
                    namespace=match["namespace"],
                    pod_uid=uid["uid"] if uid is not None else "",
                    restarts=int(restarts) if restarts.isdigit() else None,
                )
            )
        return out

    async def close(self) -> None:
        """Nothing is open."""


def _target(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


runtimes.register("links", sockets=("/var/log/containers",))(LogLinks)
