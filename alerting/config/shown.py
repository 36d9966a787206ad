"""The configuration as it may be shown: every secret masked, wherever it stands."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import yaml

from pharos.secret import MASK, Secret


def masked_text(original: str, config: Any) -> str:
    """The file as YAML in which every text that is a secret of the configuration reads `<secret>`."""
    hidden = set(_secrets(config))
    document = yaml.safe_load(original)
    return str(yaml.safe_dump(_masked(document, hidden), sort_keys=False, allow_unicode=True))


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        if value:
            yield value.reveal()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _secrets(getattr(value, field.name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _secrets(item)


def _masked(value: Any, hidden: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _masked(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, hidden) for item in value]
    return MASK if str(value) in hidden else value
