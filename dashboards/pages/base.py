"""What a page is, and the small pieces that all of them are made of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs

from dash import ClientsideFunction, Dash, Input, html
from dash.development.base_component import Component

from dashboards.i18n.catalogue import translate
from dashboards.services import Services

PATIENCE_S: Final = 3.0  # a page is built without what takes longer; what is missing is said, and asked for again


@dataclass(frozen=True, slots=True)
class PageContext:
    """One visit: where, with which query string, in which language."""

    services: Services
    path: str
    search: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lang: str = "en"

    def t(self, text: str, **values: object) -> str:
        """The text in the visitor's language."""
        return translate(self.lang, text, **values)

    def first(self, name: str, default: str = "") -> str:
        """A parameter of the query string."""
        return next(iter(self.search.get(name, ())), default)


class Page:
    """A page: `pattern` is matched against the whole path."""

    pattern: ClassVar[re.Pattern[str]]
    nav: ClassVar[tuple[str, str, str] | None] = None  # (key, label, icon) of its navigation entry
    charts: ClassVar[bool] = True  # whether it draws any

    def takes(self, path: str) -> bool:
        return self.pattern.fullmatch(path) is not None

    async def layout(self, context: PageContext) -> Component:
        """The page as components."""
        raise NotImplementedError

    def register(self, app: Dash, services: Services) -> None:
        """Add the page's callbacks; most have none."""


def parse_search(search: str | None) -> dict[str, list[str]]:
    """The query string as lists."""
    return parse_qs((search or "").lstrip("?"), keep_blank_values=True)


def data(attributes: Mapping[str, object]) -> dict[str, Any]:
    """`data-*` and `aria-*` attributes, which Dash takes as keywords no Python name can spell."""
    return dict(attributes)


def icon(name: str, size: int = 16) -> Component:
    """An icon of our own set; drawn by CSS masks so that it takes the colour of the text."""
    return html.Span(
        className=f"icon icon-{name}", style={"width": size, "height": size}, **data({"aria-hidden": "true"})
    )


def chip(text: str, state: str, **more: Any) -> Component:
    """A state: icon, word and colour."""
    return html.Span([icon(f"state-{state}", 12), text], className=f"chip {state}", **more)


def notice(title: str, text: str = "", *, state: str = "unknown", testid: str = "notice") -> Component:
    """An empty or broken state: what is missing and why."""
    body = [icon(f"state-{state}", 20), html.Div([html.Strong(title), *([html.P(text)] if text else [])])]
    return html.Div(body, className=f"notice {state}", **data({"data-testid": testid}))


def card(title: str, *children: Any, extra: Any = None, testid: str = "", className: str = "") -> Component:  # noqa: N803
    """A titled surface."""
    head = html.Div([html.H2(title), *([extra] if extra is not None else [])], className="card-head")
    more = data({"data-testid": testid} if testid else {})
    return html.Section(
        [head, html.Div(list(children), className="card-body")], className=f"card {className}".strip(), **more
    )


def keep_in_url(app: Dash, **inputs: str) -> None:
    """Write the value of inputs, given by their ids, into the URL: a reload or a link shows the same."""
    for parameter, element in inputs.items():
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction("pharos", f"keep_{parameter}"), Input(element, "value"), prevent_initial_call=True
        )
