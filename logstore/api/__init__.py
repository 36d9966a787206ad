"""Elasticsearch's REST endpoints on starlette. Each module lists its `ROUTES`; `routes(store)` collects them."""

from starlette.routing import Route

from logstore.api import aliases, cluster, documents, indices, searching, streams, templates
from logstore.api.http import endpoint
from logstore.store import Store

__all__ = ["routes"]


def routes(store: Store) -> list[Route]:
    """All routes of the store; what nobody serves is refused by name."""
    modules = (cluster, documents, searching, streams, templates, aliases, indices)
    table = [route for module in modules for route in module.ROUTES]
    found = [Route(path, endpoint(store, handler), methods=methods) for methods, path, handler in table]
    return [*found, Route("/{path:path}", endpoint(store, cluster.unknown), methods=cluster.ALL_METHODS)]
