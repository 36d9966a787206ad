"""Who knows more about containers than their cgroups tell: Docker and podman, CRI runtimes, the kubelet's log links."""

from exporters.container.runtimes import cri, docker, links  # noqa: F401
