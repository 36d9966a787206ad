"""What to ask a target for, and in which format its answer is. Pure."""

from email.message import Message
from functools import lru_cache

from collector.config.protocols import protocols
from collector.config.scrape import ScrapeConfig
from collector.scrape.page import ScrapeError

_BY_MEDIA_TYPE = {
    "application/openmetrics-text": "OpenMetricsText1.0.0",
    "application/vnd.google.protobuf": "PrometheusProto",
    "text/plain": "PrometheusText0.0.4",
}


def accept_header(config: ScrapeConfig) -> str:
    """The `Accept` header: the protocols of the job in their order, with falling quality."""
    weight = len(config.scrape_protocols) + 1
    parts = []
    for name in config.scrape_protocols:
        protocol = protocols[name].factory
        escaping = f";escaping={config.metric_name_escaping_scheme}" if protocol.utf8_escaping else ""
        parts.append(f"{protocol.media_type}{escaping};q=0.{weight}")
        weight -= 1
    parts.append(f"*/*;q=0.{weight}")
    return ",".join(parts)


def page_format(content_type: str, config: ScrapeConfig) -> str:
    """The protocol whose parser reads a page of this `Content-Type`. Raises `ScrapeError` where Prometheus refuses it."""
    fallback = config.fallback_scrape_protocol
    if not content_type:
        if fallback is None:
            raise ScrapeError(
                "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
            )
        return fallback
    media_type = _media_type(content_type)
    if not media_type:
        if fallback is None:
            raise ScrapeError(f'cannot parse Content-Type "{content_type}" and no fallback_scrape_protocol for target')
        return fallback
    known = _BY_MEDIA_TYPE.get(media_type) or _registered(media_type)
    if known is None:
        if fallback is None:
            raise ScrapeError(
                f'received unsupported Content-Type "{content_type}" and no fallback_scrape_protocol specified for target'
            )
        return fallback
    return known


def _registered(media_type: str) -> str | None:
    """The protocol of an own format with this media type."""
    for plugin in protocols:
        if plugin.factory.media_type.partition(";")[0].strip() == media_type:
            return plugin.name
    return None


@lru_cache(maxsize=256)
def _media_type(content_type: str) -> str:
    """The lower-case media type, or an empty text for a header that is none."""
    message = Message()
    message["Content-Type"] = content_type
    bare = content_type.partition(";")[0].strip().lower()
    return bare if bare.count("/") == 1 and message.get_content_type() == bare else ""
