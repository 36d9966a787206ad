"""Docker's HTTP API on its Unix socket; podman serves the same one.

Contract: Docker Engine API 1.24 and later, `GET /containers/json?all=1` and `GET /containers/<id>/json`.
"""

import datetime
from typing import Any, Final

from exporters.container.facts import CONTAINER, NAMESPACE, POD, POD_UID, Facts, Health
from exporters.container.runtimes.registry import RuntimeFailure, runtimes

_TIMEOUT_S: Final = 2.0
# Details are asked for again when the container's short state changes, and after so many refreshes.
_DETAILS_KEPT: Final = 3


class DockerRuntime:
    """The containers of one Docker or podman."""

    def __init__(self, address: str, name: str = "docker") -> None:
        self.name, self.address = name, address
        import httpx  # 8 MB, for hosts that have such a socket

        self._failures = httpx.HTTPError
        transport = httpx.AsyncHTTPTransport(uds=address.removeprefix("unix://"))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://docker", timeout=_TIMEOUT_S)
        self._details: dict[str, tuple[tuple[str, str], int, dict[str, Any]]] = {}

    async def containers(self) -> list[Facts]:
        listed = await self._get("/containers/json?all=1")
        known: dict[str, tuple[tuple[str, str], int, dict[str, Any]]] = {}
        out = []
        for entry in listed:
            short = (entry.get("State", ""), health_of(entry.get("Status", "")))
            state, age, details = self._details.get(entry["Id"], (("", ""), 0, {}))
            if state != short or age >= _DETAILS_KEPT:
                age, details = 0, await self._inspect(entry["Id"])
            known[entry["Id"]] = (short, age + 1, details)
            out.append(facts_of(entry, details))
        self._details = known
        return out

    async def close(self) -> None:
        await self._client.aclose()

    async def _inspect(self, container: str) -> dict[str, Any]:
        try:
            details: dict[str, Any] = await self._get(f"/containers/{container}/json")
        except RuntimeFailure:  # removed between the two questions
            return {}
        return details

    async def _get(self, path: str) -> Any:
        try:
            answer = await self._client.get(path)
        except self._failures as error:
            raise OSError(f"{self.address}: {type(error).__name__}: {error}") from error
        if answer.status_code != 200:
            raise RuntimeFailure(f"{self.address}{path}: HTTP status {answer.status_code}")
        return answer.json()


def facts_of(entry: dict[str, Any], details: dict[str, Any]) -> Facts:
    """What an entry of the list and the inspection of a container say."""
    labels = entry.get("Labels") or {}
    state, config = details.get("State") or {}, details.get("Config") or {}
    sandbox = labels.get("io.kubernetes.docker.type") == "podsandbox"
    # The inspection is the later of the two answers, and the one the exit code comes from.
    running = (state.get("Status") or entry.get("State")) == "running"
    names = entry.get("Names") or [""]
    return Facts(
        id=entry["Id"],
        name=names[0].lstrip("/"),
        image=entry.get("Image", ""),
        container=labels.get(CONTAINER, ""),
        pod=labels.get(POD, ""),
        namespace=labels.get(NAMESPACE, ""),
        pod_uid=labels.get(POD_UID, ""),
        sandbox=sandbox,
        labels=labels,
        env=dict(pair.split("=", 1) for pair in config.get("Env") or [] if "=" in pair),
        running=running,
        health=_health((state.get("Health") or {}).get("Status", "")),
        restarts=details.get("RestartCount"),
        exit_code=None if running else state.get("ExitCode"),
        oom_killed=state.get("OOMKilled"),
        started=seconds(state.get("StartedAt", "")),
        finished=seconds(state.get("FinishedAt", "")),
        pid=state.get("Pid") or 0,
    )


def health_of(status: str) -> str:
    """The part in brackets of `Up 2 minutes (healthy)`."""
    return status.rpartition("(")[2].rstrip(")") if "(" in status else ""


def _health(text: str) -> Health:
    known: tuple[Health, ...] = ("starting", "healthy", "unhealthy")
    return next((state for state in known if state == text), "")


def seconds(text: str) -> float | None:
    """An RFC 3339 time as seconds since 1970; None for the zero time that stands for never."""
    if not text or text.startswith("0001-"):
        return None
    whole, _, rest = text.partition(".")
    digits = rest.rstrip("Z").split("+")[0].split("-")[0][:6]
    base = whole if rest else text.removesuffix("Z")
    moment = datetime.datetime.fromisoformat(base[:19]).replace(tzinfo=datetime.UTC)
    return moment.timestamp() + (float(f"0.{digits}") if digits.isdigit() else 0.0)


runtimes.register("docker", sockets=("/var/run/docker.sock",))(DockerRuntime)


@runtimes.register("podman", sockets=("/run/podman/podman.sock", "/run/user/*/podman/podman.sock"))
def podman(address: str) -> DockerRuntime:
    """Podman's socket, the system's and those of users."""
    return DockerRuntime(address, "podman")
