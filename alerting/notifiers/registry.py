"""What a notifier is, and the registry of kinds.

A kind is registered with its configuration class: `@notifiers.register("webhook", config=WebhookConfig)` on a factory
`(WebhookConfig, Context) -> Notifier`. The delivery owns retries, rate budgets, history and metrics; a notifier only composes and sends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from pharos.durations import Duration
from pharos.http.client_options import HttpClientConfig
from pharos.registry import Registry

if TYPE_CHECKING:
    from alerting.notifiers.context import Context
    from alerting.templates.data import Notification

_MINUTE = Duration(60)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many messages in so much time; 0 messages means no limit."""

    messages: int = 0
    per: Duration = _MINUTE


@dataclass(frozen=True, slots=True)
class NotifierConfig:
    """Keys that every receiver has."""

    send_resolved: bool = True
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class HttpNotifierConfig(NotifierConfig):
    """Keys of receivers that speak HTTP."""

    http_config: HttpClientConfig | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready to go. `body` is what the history keeps; `parts` are the indices of the notifications it (partly) tells."""

    body: str
    parts: tuple[int, ...] = (0,)
    target: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Notifier(Protocol):
    """One configured destination."""

    rate_limit: RateLimit
    robot: str  # destinations with the same text share one rate budget

    def compose(self, notifications: Sequence[Notification]) -> list[Message]:
        """The messages for one notification, or for several at once when the budget is short. Raises `DeliveryError`."""
        ...

    async def send(self, message: Message) -> str:
        """Deliver; what the other side answered. Raises `DeliveryError`."""
        ...


Factory: TypeAlias = "Callable[[Any, Context], Notifier]"

notifiers: Registry[Factory] = Registry("notifier")
