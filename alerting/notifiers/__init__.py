"""The notifiers, one file each. `load()` registers the built-in ones and those of other distributions."""

from importlib import import_module
from typing import Final

from alerting.notifiers.registry import notifiers

BUILT_IN: Final = (
    "webhook",
    "slack",
    "dingtalk",
    "feishu",
    "wecom",
    "telegram",
    "msteams",
    "discord",
    "email",
    "pagerduty",
    "file",
)


def load() -> None:
    """Fill the registry; doing it twice does nothing."""
    for name in BUILT_IN:
        import_module(f"alerting.notifiers.{name}")
    notifiers.load_entry_points()
