"""Configuration: YAML into frozen dataclasses, with errors that name file, line, path, what was found and what was expected.

@dataclass(frozen=True, slots=True)
class Config:
    interval: Duration = Duration(60)
    targets: tuple[str, ...] = ()

config = load(Config, "pharos.yml")
"""

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pharos.config.errors import ConfigError, FieldError, Location

__all__ = ["ConfigError", "FieldError", "Location", "load", "loads"]

if TYPE_CHECKING:
    import yaml

T = TypeVar("T")  # what reads YAML is loaded with the first file: many a server has none


def load(kind: type[T], path: str | Path) -> T:
    """The file at `path` as a `kind`; an empty file gives the defaults. Raises `ConfigError`."""
    from pharos.config.document import read_document

    root = read_document(path)
    return _bind(kind, root, str(path))


def loads(kind: type[T], text: str, file: str = "<text>") -> T:
    """The YAML `text` as a `kind`. Raises `ConfigError`."""
    from pharos.config.document import parse_document

    return _bind(kind, parse_document(text, file), file)


def _bind(kind: type[T], root: "yaml.Node | None", file: str) -> T:
    import yaml

    from pharos.config.bind import Binder

    node = root if root is not None else yaml.compose("{}", Loader=yaml.SafeLoader)
    assert node is not None
    result: T = Binder(file).bind(node, kind)
    return result
