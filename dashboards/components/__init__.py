"""Our Dash components: hand-written JavaScript on React, no build step. Python only declares their properties."""

from typing import Any, ClassVar

from dash.development.base_component import Component


class _Own(Component):
    _namespace = "pharos_ui"
    properties: ClassVar[tuple[str, ...]] = ()

    def __init__(self, id: Any = None, **given: Any) -> None:  # noqa: A002
        self._type = type(self).__name__
        self._prop_names = ["id", *self.properties]
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = self._prop_names
        self.available_wildcard_properties: list[str] = []
        unknown = set(given) - set(self.properties)
        if unknown:
            raise TypeError(f"{self._type} has no property {', '.join(sorted(unknown))}")
        if id is not None:
            given["id"] = id
        super().__init__(**given)  # type: ignore[no-untyped-call]


class Toolbar(_Own):
    """Title, variables, time range and refresh of a page; owns the state in the URL."""

    properties = ("page", "title", "crumb", "dashboard", "variables", "defaults", "features", "links")


class Grid(_Own):
    """The panels of a dashboard on 24 columns, with rows that fold."""

    properties = ("panels", "dashboard")


class Panel(_Own):
    """One panel: fetches through the batch endpoint and draws."""

    properties = ("spec", "height")


class LogTable(_Own):
    """The log page: search, histogram, fields, lines, live tail."""

    properties = ("defaults",)


class PromEditor(_Own):
    """A PromQL editor with completion and history. `run` is `{expr, n}` after Enter or the button."""

    properties = ("value", "run", "source")


class DataTable(_Own):
    """A sortable, filterable table. A cell is a value, or `{text, kind, href, title, sort}`."""

    properties = ("columns", "rows", "filterable", "empty", "testid", "row_testid", "pageSize")


class Shell(_Own):
    """Navigation and header around a page."""

    properties = ("children", "items", "active", "version")


class LocalTime(_Own):
    """A moment in the browser's time zone: `ms` since the epoch, shown as a date or as how long ago it was."""

    properties = ("ms", "mode")


__all__ = ["DataTable", "Grid", "LocalTime", "LogTable", "Panel", "PromEditor", "Shell", "Toolbar"]
