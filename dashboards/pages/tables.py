"""Tables of the server-built pages: fixed columns on a desk, one card a row on a phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.pages.base import PageContext, data


@dataclass(frozen=True, slots=True)
class Column:
    """A heading in English. Columns without a width share what is left."""

    title: str
    width: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row in the order of the columns."""

    cells: Sequence[Any]
    kind: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)


STATE = Column("State", "116px")


def table(context: PageContext, columns: Sequence[Column], rows: Sequence[Row]) -> Component:
    """The table in a box of its own that scrolls when it must."""
    titles = [context.t(column.title) if column.title else "" for column in columns]
    head = [
        html.Th(title, className=_kind(column), style={"width": column.width} if column.width else {})
        for title, column in zip(titles, columns, strict=True)
    ]
    body = [_row(columns, titles, row) for row in rows]
    return html.Div(
        html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table stack"), className="table-wrap"
    )


def _row(columns: Sequence[Column], titles: Sequence[str], row: Row) -> Component:
    cells = [
        html.Td(cell, className=_kind(column), **data({"data-label": title}))
        for cell, title, column in zip(row.cells, titles, columns, strict=True)
    ]
    return html.Tr(cells, className=row.kind, **data(row.attributes))


def _kind(column: Column) -> str:
    return "num" if column.number else ""
