"""Serving the metrics a service keeps about itself with prometheus-client."""

import prometheus_client
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response

from pharos import __version__


def new_registry(service: str) -> CollectorRegistry:
    """A registry with process figures and `<service>_build_info`."""
    registry = CollectorRegistry(auto_describe=True)
    prometheus_client.ProcessCollector(registry=registry)
    prometheus_client.PlatformCollector(registry=registry)
    info = prometheus_client.Gauge(
        f"{service}_build_info", "Version of the running program.", ["version"], registry=registry
    )
    info.labels(__version__).set(1)
    return registry


def render_registry(registry: CollectorRegistry | None, request: Request) -> Response:
    """The page of a registry in the format the scraper asked for."""
    encoder, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encoder(registry or prometheus_client.REGISTRY), media_type=content_type)
