"""Readers of exposition formats. An own format registers its parser under the name it has in `scrape_protocols`."""

from collector.scrape.formats.openmetrics import parse_openmetrics
from collector.scrape.formats.protobuf import parse_protobuf
from collector.scrape.formats.text import parse_text
from collector.scrape.page import Parser
from pharos.registry import Registry

parsers: Registry[Parser] = Registry("scrape format")
parsers.register("PrometheusText0.0.4")(parse_text)
parsers.register("PrometheusText1.0.0")(parse_text)
parsers.register("PrometheusProto")(parse_protobuf)
parsers.register("OpenMetricsText1.0.0")(parse_openmetrics)
parsers.register("OpenMetricsText0.0.1")(parse_openmetrics)

__all__ = ["parsers"]
