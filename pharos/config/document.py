"""YAML text to a tree of nodes that remember their line, for error messages. Bounded in size and depth."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from pharos.config.errors import ConfigError, Location

MAX_FILE_BYTES: Final = 32 * 1024 * 1024
MAX_NODES: Final = 2_000_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_document(path: str | Path) -> yaml.Node | None:
    """The root node of a YAML file; None when it is empty. Raises `ConfigError`."""
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read the file: {error.strerror}", Location(str(path))) from error
    if len(raw) > MAX_FILE_BYTES:
        raise ConfigError(f"larger than {MAX_FILE_BYTES} bytes", Location(str(path)))
    try:
        return parse_document(raw.decode(), str(path))
    except UnicodeDecodeError as error:
        raise ConfigError("expected UTF-8 text", Location(str(path))) from error


def parse_document(text: str, file: str) -> yaml.Node | None:
    """The root node of a YAML text. Raises `ConfigError` with the position of a syntax error or a duplicate key."""
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
        raise ConfigError(f"not valid YAML: {error.problem or error.context}", where) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not valid YAML: {error}", Location(file)) from error
    if root is not None:
        _check(root, file)
    return root


def locate(node: yaml.Node, file: str, path: str) -> Location:
    mark = node.start_mark
    return Location(file, mark.line + 1, mark.column + 1, path)


def _check(root: yaml.Node, file: str) -> None:
    """Refuse duplicate keys and alias bombs."""
    seen = 0
    stack: list[tuple[yaml.Node, str]] = [(root, "")]
    while stack:
        node, path = stack.pop()
        seen += 1
        if seen > MAX_NODES:
            raise ConfigError("too many nodes: aliases that multiply are refused", Location(file))
        if isinstance(node, yaml.MappingNode):
            _refuse_duplicates(node, file, path)
            stack.extend((value, path) for _, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            stack.extend((item, path) for item in node.value)


def _refuse_duplicates(node: yaml.MappingNode, file: str, path: str) -> None:
    keys: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in keys and key.tag != "tag:yaml.org,2002:merge":
                raise ConfigError(f"key {key.value!r} stands twice", locate(key, file, path))
            keys.add(key.value)


def plain(node: yaml.Node) -> Any:
    """The node as plain Python values (dict, list, str, int, float, bool, None)."""
    loader = _Loader("")
    try:
        loader.flatten_mapping(node) if isinstance(node, yaml.MappingNode) else None
        return loader.construct_document(node)
    finally:
        loader.dispose()


def items(node: yaml.MappingNode) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Keys and values with YAML merge keys (`<<`) resolved; own keys win."""
    own = {key.value for key, _ in node.value}
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for mapping in merged:
                yield from ((k, v) for k, v in items(mapping) if k.value not in own)
        else:
            yield key, value
