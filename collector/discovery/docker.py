"""Containers of a Docker daemon, one target for each published or exposed TCP port.

Source: the Docker Engine API (`/containers/json`, `/networks`) and the meta labels of Prometheus's `docker_sd_configs`.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from collector.config.discovery import DockerSdConfig
from collector.discovery.group import Publish, TargetGroup
from collector.discovery.names import label_part
from collector.discovery.refresh import RefreshError, keep_refreshed
from collector.discovery.registry import discoverers
from pharos.clock import Clock
from pharos.http.client import new_client
from pharos.labels import Labels

if TYPE_CHECKING:
    import httpx

_META = "__meta_docker_"


@discoverers.register("docker_sd_configs")
class DockerDiscovery:
    """Asks one daemon, over TCP or a Unix socket."""

    def __init__(self, config: DockerSdConfig, transport: "httpx.AsyncBaseTransport | None" = None) -> None:
        self._config = config
        parts = urlsplit(config.host)
        if parts.scheme == "unix" and transport is None:
            import httpx

            transport = httpx.AsyncHTTPTransport(uds=parts.path)
        scheme = "http" if parts.scheme in ("unix", "tcp") else parts.scheme
        self._base = f"{scheme}://{parts.netloc or 'docker'}"
        options: dict[str, Any] = {} if transport is None else {"transport": transport}
        self._client = new_client(config, timeout_s=float(config.refresh_interval), **options)

    async def run(self, publish: Publish, clock: Clock) -> None:
        try:
            await keep_refreshed(self, "docker", float(self._config.refresh_interval), publish, clock)
        finally:
            await self._client.aclose()

    async def refresh(self) -> list[TargetGroup]:
        import httpx

        filters = {given.name: list(given.values) for given in self._config.filters}
        try:
            containers = await self._get(
                "/containers/json", {"filters": orjson.dumps(filters).decode()} if filters else {}
            )
            networks = {network["Id"]: network for network in await self._get("/networks", {})}
        except (httpx.HTTPError, OSError, ValueError, KeyError) as error:
            raise RefreshError(f"{self._config.host}: {error}") from error
        targets = [
            target for container in containers for target in container_targets(container, networks, self._config)
        ]
        return [TargetGroup(tuple(targets), {}, "Docker")]

    async def _get(self, path: str, params: dict[str, str]) -> Any:
        answer = await self._client.get(self._base + path, params=params)
        answer.raise_for_status()
        return orjson.loads(answer.content)


def container_targets(container: dict[str, Any], networks: dict[str, Any], config: DockerSdConfig) -> list[Labels]:
    """The targets of one container."""
    names = container.get("Names") or [""]
    common = {
        f"{_META}container_id": container["Id"],
        f"{_META}container_name": names[0],
        f"{_META}container_network_mode": container.get("HostConfig", {}).get("NetworkMode", ""),
        **{f"{_META}container_label_{label_part(k)}": v for k, v in (container.get("Labels") or {}).items()},
    }
    attached = (container.get("NetworkSettings", {}).get("Networks") or {}).values()
    chosen = sorted(attached, key=lambda network: str(network.get("NetworkID", "")))
    if config.match_first_network:
        chosen = chosen[:1]
    return [target for network in chosen for target in _network_targets(container, network, networks, common, config)]


def _network_targets(
    container: dict[str, Any], network: dict[str, Any], networks: dict[str, Any], common: Labels, config: DockerSdConfig
) -> list[Labels]:
    known = networks.get(network.get("NetworkID", ""), {})
    own = {
        **common,
        f"{_META}network_id": str(network.get("NetworkID", "")),
        f"{_META}network_name": str(known.get("Name", "")),
        f"{_META}network_scope": str(known.get("Scope", "")),
        f"{_META}network_internal": str(bool(known.get("Internal"))).lower(),
        f"{_META}network_ingress": str(bool(known.get("Ingress"))).lower(),
        f"{_META}network_ip": str(network.get("IPAddress", "")),
        **{f"{_META}network_label_{label_part(k)}": v for k, v in (known.get("Labels") or {}).items()},
    }
    targets = []
    for port in container.get("Ports") or []:
        if port.get("Type") != "tcp":
            continue
        target = {**own, f"{_META}port_private": str(port["PrivatePort"])}
        if port.get("PublicPort"):
            target[f"{_META}port_public"] = str(port["PublicPort"])
            target[f"{_META}port_public_ip"] = str(port.get("IP", ""))
        target["__address__"] = f"{network.get('IPAddress', '')}:{port['PrivatePort']}"
        targets.append(target)
    if targets:
        return targets
    host = config.host_networking_host if common[f"{_META}container_network_mode"] == "host" else ""
    return [{**own, "__address__": host or f"{network.get('IPAddress', '')}:{config.port}"}]
