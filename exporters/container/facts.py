"""What is known about a container beyond its cgroup, whoever told it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Health: TypeAlias = Literal["", "starting", "healthy", "unhealthy"]

# Labels that kubelets put on the containers they make.
POD: Final = "io.kubernetes.pod.name"
NAMESPACE: Final = "io.kubernetes.pod.namespace"
POD_UID: Final = "io.kubernetes.pod.uid"
CONTAINER: Final = "io.kubernetes.container.name"
SANDBOX_NAME: Final = "POD"


@dataclass(frozen=True, slots=True)
class Facts:
    """One container as its runtime knows it. `restarts`, `exit_code` and `finished` (seconds since 1970) are None when not known."""

    id: str
    name: str = ""
    image: str = ""
    container: str = ""
    pod: str = ""
    namespace: str = ""
    pod_uid: str = ""
    sandbox: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    running: bool = True
    health: Health = ""
    restarts: int | None = None
    exit_code: int | None = None
    oom_killed: bool | None = None
    started: float | None = None
    finished: float | None = None
    pid: int = 0

    def metric_labels(self) -> dict[str, str]:
        """The kubelet's label set, without what is empty."""
        container = SANDBOX_NAME if self.sandbox else self.container
        pairs = {
            "container": container,
            "image": self.image,
            "name": self.name,
            "namespace": self.namespace,
            "pod": self.pod,
        }
        return {key: value for key, value in pairs.items() if value}
