"""Fetching a target's page."""

from collector.scrape.fetch.fetcher import Fetcher
from collector.scrape.fetch.response import BodyLimitError, FetchError, Response

__all__ = ["BodyLimitError", "FetchError", "Fetcher", "Response"]
