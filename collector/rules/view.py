"""Rules and Alertmanagers as the API asks for them."""

from collector.rules.group import Group
from collector.rules.manager import RuleManager
from collector.rules.sender import AlertSender


class CollectorRules:
    """A `RulesView` on the manager and the sender."""

    def __init__(self, manager: RuleManager, sender: AlertSender) -> None:
        self._manager, self._sender = manager, sender

    def groups(self) -> list[Group]:
        return self._manager.groups

    def alertmanagers(self) -> tuple[list[str], list[str]]:
        return self._sender.alertmanagers()
