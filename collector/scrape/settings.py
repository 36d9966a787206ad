"""What the command line says about scraping, for all jobs alike."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ScrapeSettings:
    """tolerance_s: how late a scrape may begin and still be stored at its tick; None: scrapes are stored as they begin.
    created_zeros: store a zero at the time a counter, histogram or summary began."""

    tolerance_s: float | None = 0.002
    created_zeros: bool = False


DEFAULTS: Final = ScrapeSettings()
