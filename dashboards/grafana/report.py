"""What a dashboard asks for that is not drawn, option by option, so that nothing is lost in silence.

An option counts as used when its value differs from Grafana's neutral one. Each finding names the option and the panels that use it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

# What a panel may always carry; anything else unknown that is not empty is reported.
NEUTRAL: Final[tuple[Any, ...]] = (None, False, "", 0, "auto", "none", "off", "text", "default", [], {})

CALCS: Final = frozenset(
    {"lastNotNull", "last", "firstNotNull", "first", "min", "max", "mean", "sum", "count", "range", "diff", "delta"}
)
MATCHERS: Final = frozenset({"byName", "byNames", "byRegexp", "byFrameRefID", "byType"})
COLOUR_MODES: Final = frozenset(
    {"fixed", "shades", "thresholds", "palette-classic", "palette-classic-by-name", "palette-series"}
)
TRANSFORMATIONS: Final = frozenset(
    {"merge", "joinByField", "seriesToColumns", "seriesToRows", "organize", "groupBy", "calculateField"}
    | {"renameByRegex", "filterFieldsByName", "sortBy", "limit"}
)
SOURCES: Final = frozenset(
    {"prometheus", "elasticsearch", "alertmanager", "grafana", "datasource", "mixed", "-- Mixed --"}
)

FIELD: Final = frozenset(
    {"unit", "decimals", "min", "max", "mappings", "thresholds", "displayName", "noValue", "links", "color", "custom"}
    | {"description", "displayNameFromDS", "unitScale", "nullValueMode"}
)
CUSTOM: Final = frozenset(
    {"align", "axisLabel", "axisPlacement", "axisSoftMax", "axisSoftMin", "cellOptions", "displayMode", "drawStyle"}
    | {"fillOpacity", "gradientMode", "hidden", "hideFrom", "lineInterpolation", "lineStyle", "lineWidth", "pointSize"}
    | {"scaleDistribution", "showPoints", "spanNulls", "stacking", "thresholdsStyle", "transform", "width"}
)
# Options of which only these values are drawn.
VALUES: Final[dict[str, frozenset[str]]] = {
    "custom.axisPlacement": frozenset({"auto", "left", "right"}),
    "custom.gradientMode": frozenset({"none", "opacity"}),
    "custom.scaleDistribution": frozenset({"linear", "log"}),
    "custom.cellOptions": frozenset({"auto", "color-text", "color-background", "gauge"}),
    "custom.displayMode": frozenset(
        {"auto", "color-text", "color-background", "color-background-solid", "gradient-gauge", "lcd-gauge", "basic"}
    ),
    "options.pieType": frozenset({"donut"}),
}
# Neutral values that are not empty.
DEFAULTS: Final[dict[str, tuple[Any, ...]]] = {
    "custom.axisGridShow": (True,),
    "custom.barWidthFactor": (0.6,),
    "options.wideLayout": (True,),
    "options.showUnfilled": (True,),
    "options.showHeader": (True,),
    "options.orientation": ("horizontal",),
    "options.displayMode": ("basic",),
    "options.justifyMode": ("auto",),
    "options.percentChangeColorMode": ("standard",),
    "options.valueMode": ("color",),
    "options.cellHeight": ("sm",),
    "options.frameIndex": (0,),
    "options.sortOrder": ("Descending",),
    "options.footer": ({"show": False}, {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""}),
    "options.minVizHeight": (8, 10, 16, 75),
    "options.minVizWidth": (0, 8, 75),
    "options.maxVizHeight": (300,),
}
OPTIONS: Final[dict[str, frozenset[str]]] = {
    "timeseries": frozenset({"legend", "tooltip"}),
    "stat": frozenset({"reduceOptions", "colorMode", "graphMode", "textMode", "orientation", "wideLayout"}),
    "gauge": frozenset({"reduceOptions", "orientation"}),
    "bargauge": frozenset({"reduceOptions", "sort", "legend"}),
    "piechart": frozenset({"reduceOptions", "legend", "tooltip", "pieType"}),
    "table": frozenset({"sortBy", "showHeader"}),
    "text": frozenset({"mode", "content", "code"}),
    "logs": frozenset({"showTime", "enableLogDetails", "wrapLogMessage", "showLabels", "showCommonLabels"}),
}
PANEL_LEVEL: Final = ("links", "alert", "timeCompare")
DASHBOARD_LEVEL: Final = ("weekStart", "fiscalYearStartMonth", "liveNow")

Finding = tuple[str, str]  # what has no effect, where


def title_of(panel: Mapping[str, Any]) -> str:
    """What the owner knows the panel by."""
    return str(panel.get("title") or f"panel {panel.get('id', '?')}")


def report(
    dashboard: Mapping[str, Any], panels: Iterable[Mapping[str, Any]], lost: Iterable[Finding] = ()
) -> list[str]:
    """One line for each option without effect, with the panels that use it; `lost` are findings from before the migration."""
    found: dict[str, list[str]] = {}
    for option, title in lost:
        found.setdefault(option, []).append(title)
    for panel in panels:
        for option in dict.fromkeys(_panel(panel)):
            found.setdefault(option, []).append(title_of(panel))
    return [*_dashboard(dashboard), *(f"{option} has no effect: {_listed(names)}" for option, names in found.items())]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return f"{shown} and {len(names) - 4} more" if len(names) > 4 else shown


def _dashboard(dashboard: Mapping[str, Any]) -> Iterator[str]:
    for annotation in (dashboard.get("annotations") or {}).get("list") or ():
        if not annotation.get("builtIn") and annotation.get("enable", True):
            yield f"annotation {annotation.get('name', '?')} is not drawn"
    for link in dashboard.get("links") or ():
        if link.get("type") != "link":
            yield f"link {link.get('title') or link.get('type')}: lists of dashboards are not shown"
    if str(dashboard.get("timezone") or "browser").lower() not in ("browser", "utc"):
        yield f"timezone {dashboard['timezone']} has no effect: times are shown in the browser's"
    for name in DASHBOARD_LEVEL:
        if dashboard.get(name) not in NEUTRAL:
            yield f"{name} has no effect"


def _panel(panel: Mapping[str, Any]) -> Iterator[str]:
    kind = str(panel.get("type", ""))
    if kind not in OPTIONS:  # rows, and placeholders, which are told as a whole
        return
    yield from (name for name in PANEL_LEVEL if panel.get(name) not in NEUTRAL)
    yield from _field_config(panel.get("fieldConfig") or {})
    yield from _options(kind, panel.get("options") or {})
    for item in panel.get("transformations") or ():
        if not item.get("disabled") and (kind != "table" or item.get("id") not in TRANSFORMATIONS):
            yield f"transformation {item.get('id')}"
    for target in panel.get("targets") or ():
        yield from _target(target, panel)


def _field_config(config: Mapping[str, Any]) -> Iterator[str]:
    defaults = config.get("defaults") or {}
    yield from _properties((name, value) for name, value in defaults.items() if name != "custom")
    yield from _properties((f"custom.{name}", value) for name, value in (defaults.get("custom") or {}).items())
    for override in config.get("overrides") or ():
        matcher = override.get("matcher") or {}
        if matcher.get("id") not in MATCHERS or (matcher["id"] == "byType" and matcher.get("options") != "number"):
            yield f"override {matcher.get('id')} {matcher.get('options') or ''}".strip()
            continue
        yield from _properties((str(p.get("id")), p.get("value")) for p in override.get("properties") or ())


def _properties(properties: Iterable[tuple[str, Any]]) -> Iterator[str]:
    for name, value in properties:
        known = name[7:] in CUSTOM if name.startswith("custom.") else name in FIELD
        if name == "color":
            mode = (
                value.get("mode") if isinstance(value, Mapping) else None
            )  # a bare colour means nothing to Grafana, either
            if mode and mode not in COLOUR_MODES:
                yield f"color mode {mode}"
        elif name in VALUES:
            yield from _value(name, value)
        elif not known and _used(name, value):
            yield name


def _value(name: str, value: Any) -> Iterator[str]:
    chosen = value.get("type") if isinstance(value, Mapping) else value
    if chosen and chosen not in VALUES[name]:
        yield f"{name} {chosen}"


def _options(kind: str, options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        path = f"options.{name}"
        if path in VALUES:
            yield from _value(path, value)
        elif name not in OPTIONS[kind] and _used(path, value):
            yield path
    reduce, legend = options.get("reduceOptions") or {}, options.get("legend") or {}
    calcs = [*(reduce.get("calcs") or ()), *(legend.get("calcs") or () if isinstance(legend, Mapping) else ())]
    yield from (f"calculation {calc}" for calc in calcs if calc not in CALCS)
    if reduce.get("fields"):
        yield "options.reduceOptions.fields"


def _used(path: str, value: Any) -> bool:
    return value not in NEUTRAL and value not in DEFAULTS.get(path, ())


def _target(target: Mapping[str, Any], panel: Mapping[str, Any]) -> Iterator[str]:
    source = target.get("datasource") or panel.get("datasource") or {}
    kind = str(source.get("type") or "") if isinstance(source, Mapping) else ""
    if kind and kind not in SOURCES and "$" not in kind:
        yield f"data source of type {kind}"
    if target.get("exemplar"):
        yield "exemplar"
    if target.get("format") == "heatmap":
        yield "format heatmap"
