"""Fetching, parsing and appending the pages of targets."""

from collector.scrape.manager import ScrapeManager
from collector.scrape.page import Metadata
from collector.scrape.target import Target

__all__ = ["Metadata", "ScrapeManager", "Target"]
