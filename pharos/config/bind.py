"""Nodes to typed values: frozen dataclasses, lists, dictionaries, durations, sizes, secrets, regular expressions.

A class may take over its own reading with a classmethod `from_config(value)` that gets plain Python values and raises `ValueError`.
Fields whose key is no Python name carry `field(metadata={"key": "if"})`.
"""

import dataclasses
import difflib
import enum
import types
import typing
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin

import yaml

from pharos.config.document import items, locate, plain
from pharos.config.errors import ConfigError, FieldError
from pharos.durations import Duration
from pharos.regex import Regex, anchored
from pharos.secret import Secret
from pharos.sizes import Size

_STRING, _INT, _FLOAT, _BOOL, _NULL = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null"))
_PARSED: dict[type, Any] = {Duration: Duration.parse, Size: Size.parse, Secret: Secret, Regex: anchored}
_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a mapping",
    list: "a list",
}


class Binder:
    """Binds the nodes of one file."""

    def __init__(self, file: str) -> None:
        self.file = file

    def bind(self, node: yaml.Node, kind: Any, path: str = "") -> Any:
        """The value of `node` as `kind`. Raises `ConfigError`."""
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            return self._union(node, arguments, path)
        if kind is Any:
            return plain(node)
        if origin in (list, tuple, typing.Sequence, frozenset):
            items_ = self._list(node, arguments[0], path)
            return items_ if origin is list else (frozenset(items_) if origin is frozenset else tuple(items_))
        if origin is dict:
            return self._dict(node, arguments[1], path)
        if origin is Literal:
            return self._literal(node, arguments, path)
        if hasattr(kind, "from_config"):
            return self._own(node, kind, path)
        if dataclasses.is_dataclass(kind):
            return self._dataclass(node, kind, path)
        return self._scalar(node, kind, path)

    def fail(self, node: yaml.Node, path: str, message: str) -> typing.NoReturn:
        raise ConfigError(message, locate(node, self.file, path))

    def _expected(self, node: yaml.Node, path: str, expected: str) -> typing.NoReturn:
        self.fail(node, path, f"found {_shown(node)}, expected {expected}")

    def _union(self, node: yaml.Node, arguments: tuple[Any, ...], path: str) -> Any:
        if type(None) in arguments and _is_null(node):
            return None
        choices = [kind for kind in arguments if kind is not type(None)]
        if len(choices) == 1:
            return self.bind(node, choices[0], path)
        problems = []
        for kind in choices:
            try:
                return self.bind(node, kind, path)
            except ConfigError as error:
                problems.append(error)
        raise problems[-1]

    def _list(self, node: yaml.Node, kind: Any, path: str) -> list[Any]:
        if _is_null(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._expected(node, path, "a list")
        return [self.bind(item, kind, f"{path}[{index}]") for index, item in enumerate(node.value)]

    def _dict(self, node: yaml.Node, kind: Any, path: str) -> dict[str, Any]:
        if _is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._expected(node, path, "a mapping")
        return {key.value: self.bind(value, kind, _join(path, key.value)) for key, value in items(node)}

    def _literal(self, node: yaml.Node, choices: tuple[Any, ...], path: str) -> Any:
        value = node.value if isinstance(node, yaml.ScalarNode) else None
        for choice in choices:
            if str(choice) == value:
                return choice
        return self._expected(node, path, "one of " + ", ".join(str(choice) for choice in choices))

    def _own(self, node: yaml.Node, kind: Any, path: str) -> Any:
        try:
            return kind.from_config(plain(node))
        except ConfigError:
            raise
        except ValueError as error:
            self.fail(node, path, f"found {_shown(node)}: {error}")

    def _dataclass(self, node: yaml.Node, kind: Any, path: str) -> Any:
        if _is_null(node):
            node = yaml.MappingNode("tag:yaml.org,2002:map", [], node.start_mark, node.end_mark)
        if not isinstance(node, yaml.MappingNode):
            self._expected(node, path, "a mapping")
        fields = _fields(kind)
        values: dict[str, Any] = {}
        nodes: dict[str, tuple[yaml.Node, str]] = {}
        for key, value in items(node):
            where = _join(path, key.value)
            if key.value not in fields:
                self.fail(key, where, f"unknown key {key.value!r}{_nearest(key.value, fields)}")
            name, field_kind = fields[key.value]
            values[name] = self.bind(value, field_kind, where)
            nodes[name] = (value, where)
        for key_name, (name, _) in fields.items():
            if name not in values and _required(kind, name):
                self.fail(node, path, f"the key {key_name!r} is missing")
        try:
            return kind(**values)
        except FieldError as error:
            at, where = nodes.get(error.field, (node, _join(path, error.field)))
            raise ConfigError(str(error), locate(at, self.file, where)) from error
        except ConfigError:
            raise
        except ValueError as error:
            raise ConfigError(str(error), locate(node, self.file, path)) from error

    def _scalar(self, node: yaml.Node, kind: Any, path: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self._expected(node, path, _WORDS.get(kind, getattr(kind, "__name__", str(kind))))
        if kind in _PARSED:
            try:
                return _PARSED[kind](node.value)
            except ValueError as error:
                self.fail(node, path, f"found {_shown(node)}: {error}")
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return self._enum(node, kind, path)
        return self._plain_scalar(node, kind, path)

    def _enum(self, node: yaml.ScalarNode, kind: type[enum.Enum], path: str) -> Any:
        by_text = {str(member.value).lower(): member for member in kind}
        if node.value.lower() not in by_text:
            self._expected(node, path, "one of " + ", ".join(str(member.value) for member in kind))
        return by_text[node.value.lower()]

    def _plain_scalar(self, node: yaml.ScalarNode, kind: Any, path: str) -> Any:
        if kind is str:
            return "" if node.tag == _NULL else node.value
        accepted = {int: (_INT,), float: (_FLOAT, _INT), bool: (_BOOL,)}.get(kind)
        if accepted is None:
            raise TypeError(f"no rule to read {kind!r} at {path}")
        if node.tag not in accepted:
            self._expected(node, path, _WORDS[kind])
        return kind(plain(node))


@lru_cache(maxsize=512)
def _fields(kind: Any) -> dict[str, tuple[str, Any]]:
    """Configuration key -> (attribute, type)."""
    hints = typing.get_type_hints(kind)
    return {
        field.metadata.get("key", field.name): (field.name, hints[field.name])
        for field in dataclasses.fields(kind)
        if field.init and not field.metadata.get("hidden")
    }


@lru_cache(maxsize=4096)
def _required(kind: Any, name: str) -> bool:
    field = next(field for field in dataclasses.fields(kind) if field.name == name)
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _nearest(key: str, known: typing.Iterable[str]) -> str:
    known = sorted(known)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if near:
        return f", did you mean {near[0]!r}?"
    return f", known keys: {', '.join(known)}" if len(known) <= 12 else ""


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == _NULL


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    text = node.value if len(node.value) <= 60 else node.value[:57] + "..."
    return "nothing" if node.tag == _NULL and not text else f'"{text}"'


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
