"""Readers of exposition formats. An own format registers its parser under the name it has in `scrape_protocols`."""

from collector.scrape.formats.text import parse_text
from collector.scrape.page import Parser
from pharos.registry import Registry

parsers: Registry[Parser] = Registry("scrape format")
parsers.register("PrometheusText0.0.4")(parse_text)
parsers.register("PrometheusText1.0.0")(parse_text)

__all__ = ["parsers"]
