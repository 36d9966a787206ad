"""Where batches go. Each output answers, for every item, whether it arrived; everything else (retries, dead letters) is the sender's."""

from logship.config import Output
from logship.outputs.base import Delivery, Outlet

__all__ = ["Delivery", "Outlet", "outlet_for"]


def outlet_for(config: Output) -> Outlet:
    """The outlet of a configuration; libraries are loaded only for the one in use."""
    if config.elasticsearch is not None:
        from logship.outputs.lean import without_optional_libraries

        with without_optional_libraries():
            from logship.outputs.elasticsearch import ElasticsearchOutlet

        return ElasticsearchOutlet(config.elasticsearch)
    if config.file is not None:
        from logship.outputs.lines import FileOutlet

        return FileOutlet(config.file.path)
    if config.forward is not None:
        from logship.outputs.forward import ForwardOutlet

        return ForwardOutlet(config.forward)
    from logship.outputs.lines import StdoutOutlet

    return StdoutOutlet()
