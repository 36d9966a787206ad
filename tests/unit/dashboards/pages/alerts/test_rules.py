"""Rules by group."""

from typing import Any

import pytest

from dashboards.pages.alerts.rules import rules
from dashboards.pages.base import PageContext
from tests.unit.dashboards.api.support import Api
from tests.unit.dashboards.pages.test_targets import shown


def listed(text: str = "", **rule: Any) -> str:
    full = {"name": "Down", "query": "up == 0", "type": "alerting", "state": "inactive", **rule}
    group = {"name": "stack", "interval": 15, "rules": [full]}
    return shown(rules(PageContext(Api().services, "/alerts"), {"groups": [group]}, text))


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"state": "firing"}, "Firing"),
        ({"state": "inactive"}, "OK"),
        ({"type": "recording", "state": None}, "Recording"),
        ({"health": "err", "lastError": "many-to-many"}, "many-to-many"),
        ({"duration": 300}, "5 min"),
    ],
)
def test_a_rule_is_shown_with_its_state(rule: dict[str, Any], word: str) -> None:
    assert word in listed(**rule)


def test_its_expression_leads_to_explore() -> None:
    assert "/explore?expr=up%20%3D%3D%200" in listed()


def test_a_filter_that_finds_nothing_says_so() -> None:
    assert "No rule matches the filter" in listed("zzz")
