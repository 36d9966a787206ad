"""The form that silences alerts."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards.model.moments import format_moment
from dashboards.model.steps import parse_interval
from dashboards.pages.base import PageContext, data
from dashboards.sources.base import SourceError
from dashboards.sources.matchers import parse_matchers

DURATIONS = ("15m", "1h", "2h", "6h", "1d", "3d", "1w")


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
        dmc.Group(
            [
                dmc.Select(
                    id="silence-duration", label=t("For"), value="2h", data=list(DURATIONS), allowDeselect=False,
                    comboboxProps={"withinPortal": True}, w=110,
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
        html.Div(id="silence-error", className="form-error", **data({"data-testid": "silence-error"})),
        dmc.Group(dmc.Button(t("Silence"), id="silence-submit", **data({"data-testid": "silence-submit"})), justify="flex-end"),
    ]  # fmt: skip
    modal: Component = dmc.Modal(
        dmc.Stack(fields, gap="sm"),
        id="silence-modal",
        title=t("New silence"),
        opened=False,
        size=520,
        **data({"data-testid": "silence-form"}),
    )
    return modal


async def create_silence(context: PageContext, matchers: str, duration: str, author: str, comment: str) -> str:
    """Ask alerting for the silence; the text of the problem, or nothing."""
    try:
        parsed = parse_matchers(matchers)
        length_ms = parse_interval(duration)
    except ValueError as error:
        return str(error)
    if not length_ms:
        return context.t("Say for how long")
    now = context.services.now_ms()
    silence = {
        "matchers": parsed,
        "startsAt": format_moment(now),
        "endsAt": format_moment(now + length_ms),
        "createdBy": author.strip() or context.t("somebody"),
        "comment": comment.strip() or context.t("silenced in the web UI"),
    }
    try:
        await context.services.sources.alerting.create_silence(silence)
    except SourceError as error:
        return error.message
    return ""
