"""The form that silences alerts, or changes a silence, and shows meanwhile whom it would hit."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.model.moments import format_moment
from dashboards.model.steps import parse_interval
from dashboards.pages.base import PageContext, data
from dashboards.sources.base import SourceError
from dashboards.sources.matchers import format_matcher, parse_matchers

DURATIONS: Final = {
    "15m": "15 minutes",
    "1h": "1 hour",
    "2h": "2 hours",
    "6h": "6 hours",
    "1d": "1 day",
    "3d": "3 days",
    "1w": "1 week",
}
KEEP: Final = "keep"
PREVIEWED: Final = 6


@dataclass(frozen=True, slots=True)
class FormFill:
    """What the form is opened with. `editing` is the silence to change, or None for a new one."""

    matchers: str = ""
    author: str | None = None
    comment: str = ""
    duration: str = "2h"
    editing: Mapping[str, str] | None = None


def silence_form(context: PageContext) -> Component:
    """A modal, closed."""
    t = context.t
    fields = [
        dmc.TextInput(
            id="silence-matchers",
            label=t("Silence alerts that match"),
            description=t('Separated by commas: alertname=InstanceDown, instance=~"web.*"'),
            value="",
            className="mono-input",
            **data({"data-testid": "silence-matchers", "data-autofocus": True}),
        ),
        html.Div(id="silence-preview", className="form-preview", **data({"data-testid": "silence-preview"})),
        dmc.Group(
            [
                dmc.Select(
                    id="silence-duration", label=t("For"), value="2h", data=durations(context, editing=False),
                    allowDeselect=False, comboboxProps={"withinPortal": True}, w=150,
                    **data({"data-testid": "silence-duration"}),
                ),
                dmc.TextInput(
                    id="silence-author", label=t("Who"), value="", placeholder=t("your name"), persistence=True, style={"flex": 1},
                    **data({"data-testid": "silence-author"}),
                ),
            ],
            align="flex-end",
            gap="sm",
        ),
        dmc.TextInput(id="silence-comment", label=t("Why"), value="", placeholder=t("what is going on"), **data({"data-testid": "silence-comment"})),
        html.Div(id="silence-error", className="form-error", role="alert", **data({"data-testid": "silence-error"})),
        dmc.Group(dmc.Button(t("Silence"), id="silence-submit", **data({"data-testid": "silence-submit"})), justify="flex-end"),
        dcc.Store(id="silence-editing"),
    ]  # fmt: skip
    modal: Component = dmc.Modal(
        dmc.Stack(fields, gap="sm"),
        id="silence-modal",
        title=t("New silence"),
        opened=False,
        size=540,
        closeButtonProps={"aria-label": t("Close")},
        **data({"data-testid": "silence-form"}),
    )
    return modal


def durations(context: PageContext, *, editing: bool) -> list[dict[str, str]]:
    """The choices of how long; while editing also to leave the end as it is."""
    kept = [{"value": KEEP, "label": context.t("End as before")}] if editing else []
    return kept + [{"value": value, "label": context.t(label)} for value, label in DURATIONS.items()]


def fill_from(silence: Mapping[str, Any]) -> FormFill:
    """The form for changing a silence; an expired one is the model for a new one."""
    matchers = ", ".join(format_matcher(matcher) for matcher in silence.get("matchers", ()))
    author, comment = str(silence.get("createdBy", "")), str(silence.get("comment", ""))
    if (silence.get("status") or {}).get("state") == "expired":
        return FormFill(matchers, author, comment)
    editing = {name: str(silence[name]) for name in ("id", "startsAt", "endsAt")}
    return FormFill(matchers, author, comment, KEEP, editing)


async def preview(context: PageContext, text: str) -> str:
    """In words, which firing alerts the matchers would silence."""
    try:
        matchers = [format_matcher(matcher) for matcher in parse_matchers(text)]
        groups = await context.services.sources.alerting.groups(matchers)
    except (ValueError, SourceError):
        return ""  # said when the form is sent; half a matcher is no error yet
    alerts = {str(alert.get("fingerprint")): alert for group in groups for alert in group.get("alerts", ())}
    if not alerts:
        return context.t("No alert that fires now matches.")
    names = Counter(str((alert.get("labels") or {}).get("alertname", "?")) for alert in alerts.values())
    listed = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in names.most_common(PREVIEWED))
    more = " …" if len(names) > PREVIEWED else ""
    return context.t("Matches {n} firing now:", n=len(alerts)) + f" {listed}{more}"


async def save_silence(
    context: PageContext, matchers: str, duration: str, author: str, comment: str, editing: Mapping[str, str] | None
) -> str:
    """Ask alerting for the silence; the text of the problem, or nothing."""
    try:
        parsed = parse_matchers(matchers)
        span = _span(context, duration, editing)
    except ValueError as error:
        return str(error)
    silence = {
        "matchers": parsed,
        **span,
        "createdBy": author.strip() or context.t("somebody"),
        "comment": comment.strip() or context.t("silenced in the web UI"),
    }
    try:
        await context.services.sources.alerting.create_silence(silence)
    except SourceError as error:
        return error.message
    return ""


def _span(context: PageContext, duration: str, editing: Mapping[str, str] | None) -> dict[str, str]:
    """Identity, start and end. Raises `ValueError` when it is not said for how long."""
    now = context.services.now_ms()
    begin = {"id": editing["id"], "startsAt": editing["startsAt"]} if editing else {"startsAt": format_moment(now)}
    if duration == KEEP and editing:
        return {**begin, "endsAt": editing["endsAt"]}
    length_ms = parse_interval(duration)
    if not length_ms:
        raise ValueError(context.t("Say for how long"))
    return {**begin, "endsAt": format_moment(now + length_ms)}
