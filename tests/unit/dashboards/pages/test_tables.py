"""Tables of server-built pages."""

import pytest

from dashboards.pages.base import PageContext
from dashboards.pages.tables import Column, Row, table
from tests.unit.dashboards.api.support import Api
from tests.unit.dashboards.pages.test_targets import shown


def test_a_cell_knows_its_heading_for_narrow_screens() -> None:
    context = PageContext(Api().services, "/", {}, "zh")
    text = shown(table(context, [Column("State"), Column("", number=True)], [Row(["x", "y"])]))
    assert '"data-label": "\\u72b6\\u6001"' in text
    assert '"className": "num"' in text


def test_a_row_has_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="zip"):
        table(PageContext(Api().services, "/"), [Column("State")], [Row(["x", "y"])])
