"""What a template sees of Python values: Go's type names, truth, fields, order."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

_NAMES: Final = {bool: "bool", int: "int", float: "float64", str: "string"}


class ValueProblem(ValueError):  # noqa: N818 - becomes a TemplateError with a position
    """An operation that the values do not allow."""


def type_name(value: Any) -> str:
    """The Go type a template author would know the value by."""
    if value is None:
        return "<nil>"
    for kind, name in _NAMES.items():
        if isinstance(value, kind):
            return name
    if isinstance(value, Mapping):
        return "map[string]string" if all(isinstance(v, str) for v in value.values()) else "map[string]interface {}"
    if isinstance(value, list | tuple):
        return "[]interface {}"
    return str(getattr(value, "go_type", type(value).__name__))


def is_true(value: Any) -> bool:
    """Go's truth: not the zero value; a struct is always true."""
    if value is None:
        return False
    if isinstance(value, bool | int | float | str | list | tuple | Mapping):
        return bool(value)
    return True


def field(value: Any, name: str, missing: Callable[[str], Any]) -> Any:
    """`.name` of a value: a method or attribute of an object, else a key of a map. Raises `ValueProblem`.

    Methods come back as callables. Names that begin with an underscore are not reachable.
    """
    if isinstance(value, Mapping | list):
        method = _own_method(value, name)
        if method is not None:
            return method
    if isinstance(value, Mapping):
        return value[name] if name in value else missing(name)
    if value is None:
        raise ValueProblem(f"nil data; no entry for key {name!r}")
    plain = isinstance(value, bool | int | float | str | list | tuple)
    if plain or name.startswith("_") or not hasattr(value, name):
        raise ValueProblem(f"can't evaluate field {name} in type {type_name(value)}")
    return getattr(value, name)


def _own_method(value: Mapping[str, Any] | list[Any], name: str) -> Any:
    """A method that a subclass of dict or list adds, such as `SortedPairs` of a label set or `Firing` of alerts."""
    kind, base = type(value), list if isinstance(value, list) else dict
    if kind is base or name.startswith("_") or not hasattr(kind, name) or hasattr(base, name):
        return None
    return getattr(value, name)


def length(value: Any) -> int:
    """`len`. Raises `ValueProblem`."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, list | tuple | Mapping):
        return len(value)
    raise ValueProblem(f"len of type {type_name(value)}")


def pairs(value: Any) -> Iterable[tuple[Any, Any]]:
    """What `range` goes over: (index or key, element). Raises `ValueProblem`."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return ((index, index) for index in range(value))
    raise ValueProblem(f"range can't iterate over {type_name(value)}")


def _basic(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "bool"
    for kind, name in ((int, "number"), (float, "float"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "other"


def equal(left: Any, right: Any) -> bool:
    """`eq` of two values. Raises `ValueProblem` when their kinds differ."""
    kinds = _basic(left), _basic(right)
    if "nil" in kinds:
        return kinds[0] == kinds[1]
    if kinds[0] != kinds[1]:
        raise ValueProblem(f"incompatible types for comparison: {type_name(left)} and {type_name(right)}")
    if isinstance(left, list | tuple | Mapping):
        raise ValueProblem(f"non-comparable type {type_name(left)}")
    return bool(left == right)


def less(left: Any, right: Any) -> bool:
    """`lt` of two values. Raises `ValueProblem` when they have no order."""
    kinds = _basic(left), _basic(right)
    if kinds[0] in ("bool", "nil", "other") or kinds[1] in ("bool", "nil", "other"):
        raise ValueProblem("invalid type for comparison")
    if kinds[0] != kinds[1]:
        raise ValueProblem(f"incompatible types for comparison: {type_name(left)} and {type_name(right)}")
    return bool(left < right)
