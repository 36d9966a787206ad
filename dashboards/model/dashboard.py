"""A dashboard in Grafana's current JSON model, read once into what pages and queries need; the JSON itself stays the truth."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.model.variables import Variable, read_variable


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`raw` is the normalised JSON (see `dashboards.grafana`); everything else is read from it."""

    uid: str
    title: str
    raw: Mapping[str, Any]
    description: str = ""
    tags: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    time_from: str = "now-1h"
    time_to: str = "now"
    refresh: str = ""
    origin: str = "builtin"

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-") or "dashboard"

    @property
    def path(self) -> str:
        return f"/d/{self.uid}/{self.slug}"

    @property
    def panels(self) -> list[Mapping[str, Any]]:
        """Top-level panels and rows, as they lie in the JSON."""
        return list(self.raw.get("panels", []))

    def all_panels(self) -> Iterator[Mapping[str, Any]]:
        """Every panel that draws something, also those in collapsed rows."""
        for panel in self.panels:
            if panel.get("type") == "row":
                yield from panel.get("panels") or ()
            else:
                yield panel


def read_dashboard(raw: Mapping[str, Any], origin: str = "builtin") -> Dashboard:
    """From normalised JSON. Raises `ValueError` for what is no dashboard."""
    title = raw.get("title")
    if not isinstance(title, str) or not isinstance(raw.get("panels", []), list):
        raise ValueError("this JSON is no dashboard: a title and a list of panels are expected")
    span = raw.get("time") or {}
    refresh = raw.get("refresh")
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", title).strip("-").lower()[:40]
    return Dashboard(
        uid=str(raw.get("uid") or slug or "dashboard"),
        title=title,
        raw=raw,
        description=str(raw.get("description") or ""),
        tags=tuple(str(tag) for tag in raw.get("tags") or ()),
        variables=tuple(read_variable(item) for item in (raw.get("templating") or {}).get("list") or ()),
        time_from=str(span.get("from") or "now-1h"),
        time_to=str(span.get("to") or "now"),
        refresh=refresh if isinstance(refresh, str) else "",
        origin=origin,
    )
