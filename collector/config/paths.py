"""Paths in a configuration are relative to the file they stand in."""

import dataclasses
import os
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

_PATH_FIELDS: Final = frozenset(
    {
        "ca_file",
        "cert_file",
        "key_file",
        "username_file",
        "password_file",
        "credentials_file",
        "bearer_token_file",
        "client_secret_file",
        "query_log_file",
        "scrape_failure_log_file",
        "files",
        "rule_files",
        "scrape_config_files",
    }
)


def resolve_paths(value: T, folder: Path) -> T:
    """The dataclass `value` with every path in it, at any depth, joined to `folder` unless absolute or empty."""
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        old = getattr(value, field.name)
        new = _joined(old, folder) if field.name in _PATH_FIELDS else _inside(old, folder)
        if new is not old:
            changes[field.name] = new
    return dataclasses.replace(value, **changes) if changes else value  # type: ignore[type-var]


def _joined(path: Any, folder: Path) -> Any:
    if isinstance(path, tuple):
        return tuple(_joined(item, folder) for item in path)
    return type(path)(os.path.normpath(folder / path)) if path else path


def _inside(value: Any, folder: Path) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return resolve_paths(value, folder)
    if isinstance(value, tuple):
        new = tuple(_inside(item, folder) for item in value)
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    if isinstance(value, dict):
        changed = {key: _inside(item, folder) for key, item in value.items()}
        return value if all(changed[key] is value[key] for key in value) else changed
    return value
