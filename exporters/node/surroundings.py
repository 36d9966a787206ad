"""Whether this process looks at a container where the machine was meant."""

import os
from collections.abc import Mapping
from typing import Final

from exporters.node.host import Roots

# Docker's and podman's files, and the variables that Kubernetes, systemd-nspawn and LXC set.
_FILES: Final = (".dockerenv", "run/.containerenv")
_VARIABLES: Final = ("KUBERNETES_SERVICE_HOST", "container")


def in_container(environment: Mapping[str, str] = os.environ, root: str = "/") -> bool:
    """Whether a container runtime has started this process, as far as it can be told from inside."""
    return any(environment.get(name) for name in _VARIABLES) or any(
        os.path.exists(os.path.join(root, file)) for file in _FILES
    )


def mounts_warning(roots: Roots, collectors: frozenset[str], contained: bool) -> str:
    """What to tell about file systems that would be the container's own; empty where there is nothing to tell."""
    if not contained or roots.rootfs != "/" or "filesystem" not in collectors:
        return ""
    return (
        "Running in a container without --path.rootfs: node_filesystem_* tells about the container's mounts. Mount the host's /"
        " read-only at /host/root and give --path.rootfs=/host/root, or turn the collector filesystem off"
    )
