"""Alertmanager's API v2: groups of alerts, silences, and (our own alerting only) the notification history."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.sources.base import Source, SourceError


class AlertmanagerSource(Source):
    """A server that speaks Alertmanager's API v2."""

    async def groups(self, matchers: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Alerts by route and group labels. Raises `SourceError`."""
        answer = await self.fetch_json("GET", "/api/v2/alerts/groups", params={"filter": list(matchers)})
        return list(answer)

    async def silences(self) -> list[dict[str, Any]]:
        """All silences the server still knows, newest end first. Raises `SourceError`."""
        answer = await self.fetch_json("GET", "/api/v2/silences")
        return sorted(answer, key=lambda silence: str(silence.get("endsAt", "")), reverse=True)

    async def create_silence(self, silence: Mapping[str, Any]) -> str:
        """The id of the new silence. Raises `SourceError`."""
        answer = await self.fetch_json("POST", "/api/v2/silences", json=dict(silence))
        return str(answer["silenceID"])

    async def expire_silence(self, silence_id: str) -> None:
        """End a silence now. Raises `SourceError`."""
        answer = await self.send("DELETE", f"/api/v2/silence/{silence_id}")
        if answer.is_error:
            raise SourceError("refused", self.describe(answer), answer.status_code)

    async def history(self, limit: int = 50) -> list[dict[str, Any]] | None:
        """The latest notification attempts, or None when the server keeps no history (Alertmanager itself). Raises `SourceError`."""
        answer = await self.send("GET", "/api/v2/notifications", params={"limit": limit})
        if answer.status_code == 404:
            return None
        if answer.is_error:
            raise SourceError("refused", self.describe(answer), answer.status_code)
        body = self.decode(answer)
        entries = body.get("notifications", []) if isinstance(body, Mapping) else body
        return list(entries)
