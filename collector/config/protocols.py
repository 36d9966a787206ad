"""Scrape protocols: what may be asked of a target, in the words of `scrape_protocols`.

An own format registers here under its configuration name and, with the same name, its parser in `collector.scrape.formats`.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from pharos.registry import Registry


@dataclass(frozen=True, slots=True)
class Protocol:
    """The media type to ask for, without parameters of escaping and quality."""

    media_type: str
    utf8_escaping: bool = True


protocols: Registry[Protocol] = Registry("scrape protocol")

_PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
protocols.register("PrometheusProto")(Protocol(_PROTOBUF))
protocols.register("OpenMetricsText1.0.0")(Protocol("application/openmetrics-text;version=1.0.0"))
protocols.register("OpenMetricsText0.0.1")(Protocol("application/openmetrics-text;version=0.0.1", utf8_escaping=False))
protocols.register("PrometheusText1.0.0")(Protocol("text/plain;version=1.0.0"))
protocols.register("PrometheusText0.0.4")(Protocol("text/plain;version=0.0.4", utf8_escaping=False))


class ProtocolName(str):
    """The name of a registered protocol; case matters."""

    __slots__ = ()

    @classmethod
    def from_config(cls, value: Any) -> Self:
        if not isinstance(value, str) or value not in protocols:
            known = ", ".join(plugin.name for plugin in protocols)
            raise ValueError(f"unknown scrape protocol {value}, supported: [{known}]")
        return cls(value)


TEXT_PROTOCOLS: Final = tuple(
    ProtocolName(name)
    for name in ("OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0", "PrometheusText0.0.4")
)
PROTO_FIRST_PROTOCOLS: Final = (ProtocolName("PrometheusProto"), *TEXT_PROTOCOLS)


def check_protocols(names: tuple[ProtocolName, ...]) -> None:
    """Raises `ValueError` when a protocol stands twice."""
    if len(set(names)) != len(names):
        raise ValueError(f"duplicated protocol in scrape_protocols, got [{', '.join(names)}]")
