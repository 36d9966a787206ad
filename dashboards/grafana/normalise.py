"""From any classic dashboard JSON to the current shape, with a note for everything that will look different.

What is unknown is kept: the result is the given JSON with the old spellings replaced.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.grafana.layout import flatten_rows
from dashboards.grafana.panels import MIGRATIONS, Note, lost_options
from dashboards.grafana.report import Finding, report, title_of

DRAWN: Final = frozenset({"timeseries", "stat", "gauge", "bargauge", "table", "text", "logs", "row", "piechart"})


@dataclass(frozen=True, slots=True)
class Normal:
    """The dashboard and what to tell its owner."""

    dashboard: dict[str, Any]
    notes: tuple[str, ...] = ()


def normalise(raw: Mapping[str, Any]) -> Normal:
    """Raises `ValueError` for JSON that is no classic dashboard."""
    if not isinstance(raw, Mapping):
        raise ValueError("this JSON is no dashboard: an object is expected")
    if "dashboard" in raw and "panels" not in raw and isinstance(raw["dashboard"], Mapping):
        raw = raw["dashboard"]  # the envelope of the HTTP API
    if "spec" in raw and "elements" in (raw.get("spec") or {}):
        raise ValueError("this is a V2 resource; export the dashboard in the classic model")
    dashboard = copy.deepcopy(dict(raw))
    if not isinstance(dashboard.get("title"), str):
        raise ValueError("this JSON is no dashboard: it has no title")
    notes: list[str] = []
    _fill_inputs(dashboard)
    if dashboard.get("rows"):
        dashboard["panels"] = flatten_rows(dashboard.pop("rows"))
    panels = dashboard.setdefault("panels", [])
    if not isinstance(panels, list):
        raise ValueError("panels: a list is expected")
    every = list(_every_panel(panels))
    lost: list[Finding] = []
    for position, panel in enumerate(every, start=1):
        panel.setdefault("id", 10_000 + position)
        lost += ((option, title_of(panel)) for option in lost_options(panel))
        _migrate_panel(panel, notes.append)
    notes += report(dashboard, every, lost)
    notes += [
        f"variable {variable.get('name')}: type {variable['type']} is shown but has no effect"
        for variable in (dashboard.get("templating") or {}).get("list") or ()
        if variable.get("type") in ("adhoc", "groupby", "switch")
    ]
    return Normal(dashboard, tuple(dict.fromkeys(notes)))


def _every_panel(panels: list[Any]) -> Iterator[dict[str, Any]]:
    for panel in panels:
        yield panel
        yield from panel.get("panels") or ()


def _migrate_panel(panel: dict[str, Any], note: Note) -> None:
    kind = panel.get("type", "")
    migrate = MIGRATIONS.get(kind)
    if migrate is not None:
        migrate(panel, note)
    elif kind not in DRAWN:
        note(f"{panel.get('title') or 'panel'}: a {kind or 'nameless'} panel is shown as a placeholder")
    source = panel.get("datasource")
    if isinstance(source, str):
        panel["datasource"] = {"uid": source}
    for target in panel.get("targets") or ():
        own = target.get("datasource")
        if isinstance(own, str):
            target["datasource"] = {"uid": own}
    if panel.get("libraryPanel"):
        note(f"{panel.get('title') or 'panel'}: library panels need the library they were exported from")


def _fill_inputs(dashboard: dict[str, Any]) -> None:
    """`${DS_PROMETHEUS}` of an export for sharing stands for a data source of a type: name the type."""
    inputs = {item.get("name"): item for item in dashboard.get("__inputs") or ()}
    if not inputs:
        return

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: fill(value) for key, value in node.items()}
        if isinstance(node, list):
            return [fill(item) for item in node]
        if isinstance(node, str):
            return re.sub(r"\$\{(\w+)\}", lambda found: _input_value(inputs.get(found[1]), found[0]), node)
        return node

    for key, value in list(dashboard.items()):
        if key != "__inputs":
            dashboard[key] = fill(value)


def _input_value(declared: Mapping[str, Any] | None, written: str) -> str:
    if declared is None:
        return written
    return str(declared.get("pluginId") if declared.get("type") == "datasource" else declared.get("value") or "")
