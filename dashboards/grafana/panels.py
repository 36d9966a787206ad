"""Panel types of the past in today's shape: graph to timeseries, singlestat to stat or gauge, table-old to table."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Note = Callable[[str], None]

_CALCS: Final = {
    "avg": "mean", "current": "lastNotNull", "last": "lastNotNull", "total": "sum", "min": "min", "max": "max", "first": "firstNotNull",
    "delta": "delta", "range": "range", "diff": "diff", "last_time": "lastNotNull", "name": "lastNotNull",
}  # fmt: skip


def graph(panel: dict[str, Any], note: Note) -> None:
    """A `graph` panel: line options, axes, legend values and series overrides."""
    panel["type"] = "timeseries"
    if (panel.get("xaxis") or {}).get("mode", "time") != "time":
        note(f"{panel.get('title')}: a graph over {panel['xaxis']['mode']} is drawn over time")
    left, right = [*(panel.get("yaxes") or []), {}, {}][:2]
    custom: dict[str, Any] = {
        "drawStyle": "bars" if panel.get("bars") else "line" if panel.get("lines", True) else "points",
        "lineWidth": panel.get("linewidth", 1),
        "fillOpacity": int(panel.get("fill", 1)) * 10,
        "spanNulls": panel.get("nullPointMode") == "connected",
        "showPoints": "always" if panel.get("points") else "never",
        "lineInterpolation": "stepAfter" if panel.get("steppedLine") else "linear",
        "axisLabel": left.get("label") or "",
        "stacking": {"mode": ("percent" if panel.get("percentage") else "normal") if panel.get("stack") else "none"},
    }
    if left.get("logBase", 1) not in (1, None):
        custom["scaleDistribution"] = {"type": "log", "log": left["logBase"]}
    defaults: dict[str, Any] = {"custom": custom, "unit": left.get("format") or "short"}
    _bounds(defaults, left)
    if panel.get("decimals") is not None:
        defaults["decimals"] = panel["decimals"]
    if panel.get("thresholds"):
        _threshold_lines(panel["thresholds"], defaults, custom)
    overrides = [_series_override(item, right) for item in panel.get("seriesOverrides") or ()]
    overrides += [_colour(name, colour) for name, colour in (panel.get("aliasColors") or {}).items()]
    panel["fieldConfig"] = {"defaults": defaults, "overrides": [item for item in overrides if item]}
    legend = panel.get("legend") or {}
    calcs = [_CALCS[name] for name in ("min", "max", "avg", "current", "total") if legend.get(name)]
    panel["options"] = {
        "legend": {
            "showLegend": bool(legend.get("show", True)),
            "displayMode": "table" if legend.get("alignAsTable") else "list",
            "placement": "right" if legend.get("rightSide") else "bottom",
            "calcs": calcs,
            **({"width": legend["sideWidth"]} if legend.get("sideWidth") else {}),
            **_legend_order(legend),
        },
        "tooltip": {"mode": "multi" if (panel.get("tooltip") or {}).get("shared", True) else "single", "sort": "desc"},
    }
    for old in ("yaxes", "xaxis", "seriesOverrides", "aliasColors", "legend", "tooltip", "lines", "bars", "thresholds"):
        panel.pop(old, None)


def _legend_order(legend: Mapping[str, Any]) -> dict[str, Any]:
    calc = _CALCS.get(str(legend.get("sort")))
    return {"sortBy": calc, "sortDesc": bool(legend.get("sortDesc"))} if calc else {}


_GRAPH_LOST: Final = ("timeRegions", "fillGradient", "hiddenSeries", "dashes")
_LEGEND_LOST: Final = ("hideEmpty", "hideZero")
_OVERRIDE_KEPT: Final = frozenset(
    {"alias", "yaxis", "linewidth", "color", "stack", "transform", "fill", "legend", "$$hashKey"}
)


def lost_options(panel: Mapping[str, Any]) -> list[str]:
    """Options of a graph that have no successor here."""
    if panel.get("type") != "graph":
        return []
    lost = [name for name in _GRAPH_LOST if panel.get(name)]
    lost += [f"legend.{name}" for name in _LEGEND_LOST if (panel.get("legend") or {}).get(name)]
    for item in panel.get("seriesOverrides") or ():
        lost += [f"seriesOverrides.{name}" for name in item if name not in _OVERRIDE_KEPT and item[name]]
    right = [*(panel.get("yaxes") or []), {}, {}][1]
    lost += [f"yaxes[1].{name}" for name in ("min", "max", "label") if right.get(name) not in (None, "")]
    return [f"{name} of a graph" for name in dict.fromkeys(lost)]


def _bounds(defaults: dict[str, Any], axis: Mapping[str, Any]) -> None:
    for name in ("min", "max"):
        try:
            defaults[name] = float(axis[name])
        except (KeyError, TypeError, ValueError):
            continue


def _threshold_lines(given: object, defaults: dict[str, Any], custom: dict[str, Any]) -> None:
    steps = [{"color": "transparent", "value": None}]
    for item in given if isinstance(given, list) else ():
        if isinstance(item, Mapping) and item.get("value") is not None:
            colour = {"critical": "red", "warning": "orange", "ok": "green"}.get(str(item.get("colorMode")), "red")
            steps.append({"color": colour, "value": item["value"]})
    if len(steps) > 1:
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        custom["thresholdsStyle"] = {"mode": "line"}


def _series_override(item: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    alias = str(item.get("alias", ""))
    is_regex = alias.startswith("/") and alias.endswith("/")
    properties: list[dict[str, Any]] = []
    if item.get("yaxis") == 2:
        properties += [
            {"id": "custom.axisPlacement", "value": "right"},
            {"id": "unit", "value": right.get("format") or "short"},
        ]
    simple = {
        "linewidth": "custom.lineWidth",
        "color": "color",
        "stack": "custom.stacking",
        "transform": "custom.transform",
    }
    for old, new in simple.items():
        if old not in item:
            continue
        value: Any = item[old]
        if old == "color":
            value = {"mode": "fixed", "fixedColor": value}
        elif old == "stack":
            value = {"mode": "normal" if value and value != "false" else "none"}
        properties.append({"id": new, "value": value})
    if "fill" in item:
        properties.append({"id": "custom.fillOpacity", "value": int(item["fill"]) * 10})
    if item.get("legend") is False:
        properties.append({"id": "custom.hideFrom", "value": {"legend": True, "viz": False, "tooltip": False}})
    if not properties:
        return {}
    return {"matcher": {"id": "byRegexp" if is_regex else "byName", "options": alias}, "properties": properties}


def _colour(name: str, colour: str) -> dict[str, Any]:
    value = {"mode": "fixed", "fixedColor": colour}
    return {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "color", "value": value}]}


def singlestat(panel: dict[str, Any], note: Note) -> None:
    """A `singlestat` panel: a stat, or a gauge when it showed one."""
    gauge = panel.get("gauge") or {}
    panel["type"] = "gauge" if gauge.get("show") else "stat"
    defaults: dict[str, Any] = {
        "unit": panel.get("format") or "none",
        "thresholds": _steps(panel),
        "color": {"mode": "thresholds"},
    }
    if panel.get("decimals") is not None:
        defaults["decimals"] = panel["decimals"]
    if gauge.get("show"):
        defaults["min"], defaults["max"] = gauge.get("minValue", 0), gauge.get("maxValue", 100)
    if mappings := _mappings(panel):
        defaults["mappings"] = mappings
    coloured = panel.get("colorBackground") or panel.get("colorValue")
    panel["fieldConfig"] = {"defaults": defaults, "overrides": []}
    reduce = {"calcs": [_CALCS.get(panel.get("valueName", "avg"), "lastNotNull")], "values": False}
    panel["options"] = (
        {"reduceOptions": reduce}
        if gauge.get("show")
        else {
            "reduceOptions": reduce,
            "colorMode": "background" if panel.get("colorBackground") else "value" if coloured else "none",
            "graphMode": "area" if (panel.get("sparkline") or {}).get("show") else "none",
            "textMode": "name" if panel.get("valueName") == "name" else "value",
        }
    )
    for affix in ("prefix", "postfix"):
        if panel.get(affix):
            note(f"{panel.get('title')}: {affix} {panel[affix]!r} of the single stat is not shown")


def _mappings(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`valueMaps` (mappingType 1) or `rangeMaps` (2) as today's mappings; the other list is what was set up once and left."""
    if given.get("mappingType") == 2:
        spans = [
            {"from": _number(item.get("from")), "to": _number(item.get("to")), "result": {"text": item.get("text", "")}}
            for item in given.get("rangeMaps") or ()
        ]
        return [{"type": "range", "options": s} for s in spans if s["from"] is not None or s["to"] is not None]
    texts = {
        str(item["value"]): {"text": item["text"]}
        for item in given.get("valueMaps") or ()
        if item.get("value") not in (None, "null") and item.get("text") not in (None, "N/A")
    }
    return [{"type": "value", "options": texts}] if texts else []


def _number(text: object) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None


def _steps(panel: Mapping[str, Any]) -> dict[str, Any]:
    colours = panel.get("colors") or ["green", "orange", "red"]
    steps: list[dict[str, Any]] = [{"color": colours[0], "value": None}]
    given = panel.get("thresholds") or ""
    limits = [
        text.strip() for text in (",".join(map(str, given)) if isinstance(given, list) else str(given)).split(",")
    ]
    limits = [text for text in limits if text]
    for position, text in enumerate(limits, start=1):
        try:
            steps.append({"color": colours[min(position, len(colours) - 1)], "value": float(text)})
        except ValueError:
            continue
    return {"mode": "absolute", "steps": steps}


def table_old(panel: dict[str, Any], note: Note) -> None:
    """A table of the first generation, or a table whose columns are still described by `styles`."""
    if panel.get("type") == "table" and "styles" not in panel:
        return
    panel["type"] = "table"
    overrides = []
    for style in panel.pop("styles", None) or ():
        pattern = str(style.get("pattern", ""))
        properties = _style_properties(style)
        if properties:
            is_regex = pattern.startswith("/")
            overrides.append(
                {"matcher": {"id": "byRegexp" if is_regex else "byName", "options": pattern}, "properties": properties}
            )
    panel["fieldConfig"] = {"defaults": {}, "overrides": overrides}
    if panel.get("transform") not in (None, "table", "timeseries_to_columns", "timeseries_to_rows"):
        note(f"{panel.get('title')}: table transform {panel['transform']} is shown as a plain table")


_CELLS: Final = {"cell": "color-background", "row": "color-background", "value": "color-text"}


def _style_properties(style: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One column style as override properties."""
    found: dict[str, Any] = {}
    kind = style.get("type")
    if kind == "hidden":
        found["custom.hidden"] = True
    if style.get("alias"):
        found["displayName"] = style["alias"]
    if kind == "date":
        found["unit"] = "dateTimeAsIso"
    if kind == "number":
        found |= {name: style[name] for name in ("unit", "decimals") if style.get(name) is not None}
    if kind == "number" and style.get("colorMode") in _CELLS and style.get("thresholds"):
        found["custom.cellOptions"] = {"type": _CELLS[str(style["colorMode"])]}
        found["thresholds"] = _steps(style)
    if mappings := _mappings(style):
        found["mappings"] = mappings
    if style.get("link") and style.get("linkUrl"):
        found["links"] = [{"title": style.get("linkTooltip") or "", "url": style["linkUrl"]}]
    return [{"id": name, "value": value} for name, value in found.items()]


def text(panel: dict[str, Any], _: Note) -> None:
    """Text panels kept their content on the panel itself once."""
    options = panel.setdefault("options", {})
    for name in ("content", "mode"):
        if name not in options and name in panel:
            options[name] = panel.pop(name)


def barchart(panel: dict[str, Any], note: Note) -> None:
    """Bars over categories are not drawn; their figures are."""
    panel["type"] = "table"
    note(f"{panel.get('title') or 'panel'}: a bar chart is shown as a table")


MIGRATIONS: Final[dict[str, Callable[[dict[str, Any], Note], None]]] = {
    "graph": graph,
    "singlestat": singlestat,
    "grafana-singlestat-panel": singlestat,
    "table-old": table_old,
    "table": table_old,
    "text": text,
    "barchart": barchart,
}
