"""What the handlers of the API need of the service behind them."""

from collections.abc import Mapping
from typing import Protocol

from alerting.config import Config
from alerting.delivery.destination import Destination
from alerting.engine import Engine
from alerting.journal import Journal
from alerting.own_metrics import OwnMetrics
from alerting.silences.book import SilenceBook
from alerting.silences.journal import SilenceJournal
from pharos.clock import Clock


class Host(Protocol):
    """The service, as the API sees it. Engine and destinations change with a reload, so they are asked for at each request."""

    config: Config
    clock: Clock
    metrics: OwnMetrics
    journal: Journal
    silences: SilenceBook
    silence_journal: SilenceJournal
    acknowledgements: SilenceBook
    acknowledgement_journal: SilenceJournal
    engine: Engine
    started_at: float
    ui_url: str

    @property
    def destinations(self) -> Mapping[str, Destination]: ...

    @property
    def external_url(self) -> str: ...

    def wake(self) -> None:
        """Something came in that may be due."""
        ...
