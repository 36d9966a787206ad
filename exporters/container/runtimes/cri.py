"""Kubernetes's Container Runtime Interface: containerd and CRI-O.

Contract: `runtime.v1.RuntimeService` (k8s.io/cri-api), the calls ListContainers, ListPodSandbox and ContainerStatus. Field numbers stand beside
their use.
"""

import dataclasses
from typing import Final

from exporters.container.facts import Facts
from exporters.container.runtimes.grpc import GrpcChannel
from exporters.container.runtimes.protobuf import Message, text_field
from exporters.container.runtimes.registry import runtimes

_SERVICE: Final = "/runtime.v1.RuntimeService"
_RUNNING, _EXITED = 1, 2
_SANDBOX_READY: Final = 0
_NS: Final = 1_000_000_000


class CriRuntime:
    """The containers and pod sandboxes of one CRI runtime."""

    name = "cri"

    def __init__(self, address: str) -> None:
        self.address = address
        self._channel = GrpcChannel(address.removeprefix("unix://"))
        self._ended: dict[str, Facts] = {}

    async def containers(self) -> list[Facts]:
        pods = Message(await self._channel.call(f"{_SERVICE}/ListPodSandbox", b""))
        listed = Message(await self._channel.call(f"{_SERVICE}/ListContainers", b""))
        sandboxes = {pod.text(1): pod for pod in pods.messages(1)}
        out = [sandbox_facts(pod) for pod in sandboxes.values()]
        ended: dict[str, Facts] = {}
        for entry in listed.messages(1):
            facts = container_facts(entry, sandboxes.get(entry.text(2), Message(b"")))
            if entry.integer(6) == _EXITED:
                facts = ended[facts.id] = self._ended.get(facts.id) or await self._with_end(facts, entry)
            out.append(facts)
        self._ended = ended
        return out

    async def close(self) -> None:
        await self._channel.close()

    async def _with_end(self, facts: Facts, entry: Message) -> Facts:
        """How a container ended: asked for once, as it does not change any more."""
        answer = Message(await self._channel.call(f"{_SERVICE}/ContainerStatus", text_field(1, facts.id)))
        return ended_facts(facts, answer.message(1))


def container_facts(entry: Message, sandbox: Message) -> Facts:
    """`Container`: id 1, metadata 3 {name 1, attempt 2}, image 4 {image 1, user_specified_image 18}, state 6, labels 8."""
    metadata, pod = entry.message(3), sandbox.message(2)
    image = entry.message(4)
    return Facts(
        id=entry.text(1),
        name=entry.text(1),
        image=image.text(18) or image.text(1),
        container=metadata.text(1),
        pod=pod.text(1),
        namespace=pod.text(3),
        pod_uid=pod.text(2),
        labels=entry.table(8),
        running=entry.integer(6) == _RUNNING,
        restarts=metadata.integer(2),
    )


def sandbox_facts(pod: Message) -> Facts:
    """`PodSandbox`: id 1, metadata 2 {name 1, uid 2, namespace 3}, state 3, labels 5."""
    metadata = pod.message(2)
    return Facts(
        id=pod.text(1),
        name=pod.text(1),
        pod=metadata.text(1),
        namespace=metadata.text(3),
        pod_uid=metadata.text(2),
        sandbox=True,
        labels=pod.table(5),
        running=pod.integer(3) == _SANDBOX_READY,
    )


def ended_facts(facts: Facts, status: Message) -> Facts:
    """`ContainerStatus`: started_at 5, finished_at 6, exit_code 7, reason 10."""
    return dataclasses.replace(
        facts,
        exit_code=status.integer(7),
        oom_killed=status.text(10) == "OOMKilled",
        started=status.integer(5) / _NS or None,
        finished=status.integer(6) / _NS or None,
    )


_SOCKETS: Final = ("/run/containerd/containerd.sock", "/var/run/crio/crio.sock", "/run/k3s/containerd/containerd.sock")
runtimes.register("cri", sockets=_SOCKETS)(CriRuntime)
