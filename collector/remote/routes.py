"""The routes of remote write, remote read and OTLP."""

from collections.abc import Callable, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry
from starlette.routing import Route

from collector.config.remote import OtlpConfig
from collector.remote.otlp import OtlpReceiver
from collector.remote.read import ReadServer
from collector.remote.receiver import WriteReceiver
from collector.storage.interface import Appendable, Queryable


class ReadWriteStorage(Appendable, Queryable, Protocol):
    """Both sides of a storage."""


def remote_routes(
    storage: ReadWriteStorage,
    *,
    write: bool = False,
    otlp: bool = False,
    otlp_config: Callable[[], OtlpConfig] = OtlpConfig,
    external_labels: Callable[[], Mapping[str, str]] = dict,
    read_sample_limit: int = 50_000_000,
    read_concurrency: int = 10,
    registry: CollectorRegistry | None = None,
) -> list[Route]:
    """`/api/v1/read`; `/api/v1/write` when `write` is on, `/api/v1/otlp/v1/metrics` when `otlp` is on."""
    read = ReadServer(
        storage,
        external_labels=external_labels,
        sample_limit=read_sample_limit,
        concurrency=read_concurrency,
        registry=registry,
    )
    routes = [Route("/api/v1/read", read.__call__, methods=["POST"])]
    receiver = WriteReceiver(storage, registry)
    if write:
        routes.append(Route("/api/v1/write", receiver.__call__, methods=["POST"]))
    if otlp:
        route = Route("/api/v1/otlp/v1/metrics", OtlpReceiver(receiver, otlp_config).__call__, methods=["POST"])
        routes.append(route)
    return routes
