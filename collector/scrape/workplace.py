"""What all scrape loops of a server work with."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from collector.scrape.fetch.wire import BufferPool
from collector.scrape.metrics import ScrapeMetrics
from collector.scrape.page import Page, ParseOptions, Parser
from collector.scrape.settings import DEFAULTS, ScrapeSettings
from collector.storage.interface import Appendable
from pharos.clock import Clock

# A larger page is parsed in a thread when its shape is new, so that other targets are not kept waiting.
_IN_THREAD_BYTES: Final = 128 * 1024
# So many large pages at once: threads share one interpreter, and what all of them hold meanwhile would stay in its heap for good.
_PARSED_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where samples go, and what loops share."""

    storage: Appendable
    clock: Clock
    metrics: ScrapeMetrics
    settings: ScrapeSettings = DEFAULTS
    buffers: BufferPool = field(default_factory=BufferPool)
    large_pages: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_PARSED_AT_ONCE))

    async def parse(self, parser: Parser, body: Any, options: ParseOptions) -> Page:
        """The page. Raises `ScrapeError`."""
        if len(body) <= _IN_THREAD_BYTES:
            return parser(body, options)
        async with self.large_pages:
            return await asyncio.to_thread(parser, bytes(body), options)
