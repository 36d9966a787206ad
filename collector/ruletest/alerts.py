"""Expected and firing alerts, compared and printed as promtool does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from collector.rules.alerting import ALERT_NAME
from collector.rules.group import Group
from collector.ruletest.diff import json_difference
from collector.ruletest.document import AlertTest
from collector.ruletest.samples import labels_text

_INDENT: Final = " " * 12


@dataclass(frozen=True, slots=True, order=True)
class ShownAlert:
    """Labels, its name among them, and annotations."""

    labels: tuple[tuple[str, str], ...]
    annotations: tuple[tuple[str, str], ...]

    def tree(self) -> dict[str, dict[str, str]]:
        return {"Annotations": dict(self.annotations), "Labels": dict(self.labels)}

    def __str__(self) -> str:
        return f"Labels:{labels_text(dict(self.labels))}\nAnnotations:{labels_text(dict(self.annotations))}"


def firing(groups: Sequence[Group], name: str) -> list[ShownAlert]:
    """What fires under one name now."""
    return sorted(
        ShownAlert(tuple(sorted(alert.labels.items())), tuple(sorted(alert.annotations.items())))
        for group in groups
        for rule in group.alerting
        if rule.name == name
        for alert in rule.active
        if alert.state == "firing"
    )


def expected_alerts(test: AlertTest) -> list[ShownAlert]:
    return sorted(
        ShownAlert(
            tuple(sorted({**alert.exp_labels, ALERT_NAME: test.alertname}.items())),
            tuple(sorted(alert.exp_annotations.items())),
        )
        for alert in test.exp_alerts
    )


def difference(test: AlertTest, found: Sequence[ShownAlert], *, coloured: bool = False) -> str:
    """What promtool says when they differ; an empty text when they do not."""
    expected = expected_alerts(test)
    if expected == list(found):
        return ""
    head = f"    alertname: {test.alertname}, time: {test.eval_time}, \n"
    if coloured:
        tree = json_difference([alert.tree() for alert in expected], [alert.tree() for alert in found])
        return f"{head}        diff: {indented(tree, _INDENT)}"
    want, got = indented(listed(expected), _INDENT), indented(listed(found), _INDENT)
    return f"{head}        exp:{want}, \n        got:{got}"


def listed(alerts: Sequence[ShownAlert]) -> str:
    if not alerts:
        return "[]"
    rows = (f"{number}:" + indented(f"\n{alert}", "  ") for number, alert in enumerate(alerts))
    return "[\n" + ",\n".join(rows) + "\n]"


def indented(text: str, by: str) -> str:
    """Every line but the first moved to the right."""
    return text.replace("\n", "\n" + by)
