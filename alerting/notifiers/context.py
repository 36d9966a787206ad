"""What a notifier is given besides its own configuration: templates, HTTP clients, global defaults, the clock."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alerting.config.globals import GlobalConfig
from alerting.notifiers.errors import DeliveryError
from alerting.templates.library import Library
from pharos.clock import Clock, SystemClock
from pharos.gotemplate import TemplateError
from pharos.http.client_options import HttpClientConfig, read_secret_file
from pharos.secret import Secret

if TYPE_CHECKING:
    import httpx

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


@dataclass(slots=True)
class Context:
    """Shared by the notifiers of one configuration; `close` lets its connections go."""

    library: Library
    globals: GlobalConfig = field(default_factory=GlobalConfig)
    clock: Clock = field(default_factory=SystemClock)
    _clients: dict[int, httpx.AsyncClient] = field(default_factory=dict)

    def render(self, text: str, data: Any, *, html: bool = False) -> str:
        """A template of a receiver. Raises `DeliveryError` that no retry can mend."""
        try:
            return self.library.render(text, data, html=html)
        except TemplateError as error:
            raise DeliveryError(str(error), retryable=False, reason="template") from error

    def client(self, config: HttpClientConfig | None) -> httpx.AsyncClient:
        """The HTTP client for these options; made at the first use, because httpx costs memory."""
        from pharos.http.client import new_client

        chosen = config or self.globals.http_config or HttpClientConfig()
        if id(chosen) not in self._clients:
            self._clients[id(chosen)] = new_client(chosen, timeout_s=30)
        return self._clients[id(chosen)]

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()


def secret_text(secret: Secret, file: str) -> str:
    """A secret given in place or in a file, which is read at every use. Raises `DeliveryError`."""
    if not file:
        return secret.reveal()
    try:
        return read_secret_file(file)
    except OSError as error:
        raise DeliveryError(f"cannot read {file}: {error.strerror}", retryable=False, reason="config") from error


def expand_variables(text: str) -> str:
    """`${NAME}` and `${NAME:-default}` from the environment. Raises `ValueError` for a name that is not set."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1], match[2])
        if found is None:
            raise ValueError(f"the environment variable {match[1]} is not set")
        return found

    return _VARIABLE.sub(value, text)
