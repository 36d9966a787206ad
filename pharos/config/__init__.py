"""Configuration: YAML into frozen dataclasses, with errors that name file, line, path, what was found and what was expected.

@dataclass(frozen=True, slots=True)
class Config:
    interval: Duration = Duration(60)
    targets: tuple[str, ...] = ()

config = load(Config, "pharos.yml")
"""

from pathlib import Path
from typing import TypeVar

import yaml

from pharos.config.bind import Binder
from pharos.config.document import parse_document, read_document
from pharos.config.errors import ConfigError, FieldError, Location

__all__ = ["ConfigError", "FieldError", "Location", "load", "loads"]

T = TypeVar("T")


def load(kind: type[T], path: str | Path) -> T:
    """The file at `path` as a `kind`; an empty file gives the defaults. Raises `ConfigError`."""
    root = read_document(path)
    return _bind(kind, root, str(path))


def loads(kind: type[T], text: str, file: str = "<text>") -> T:
    """The YAML `text` as a `kind`. Raises `ConfigError`."""
    return _bind(kind, parse_document(text, file), file)


def _bind(kind: type[T], root: yaml.Node | None, file: str) -> T:
    node = root if root is not None else yaml.compose("{}", Loader=yaml.SafeLoader)
    assert node is not None
    result: T = Binder(file).bind(node, kind)
    return result
