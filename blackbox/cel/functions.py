"""Operators and functions of CEL on JSON values. Numbers compare by value, whether whole or not; nothing else is converted by itself."""

import math
import operator
from collections.abc import Callable
from typing import Any, Final

from blackbox.cel.lexer import CelError
from pharos.regex import RegexError, compile_re2


def type_name(value: Any) -> str:
    """CEL's name of a value's type."""
    if value is None:
        return "null_type"
    names = ((bool, "bool"), (int, "int"), (float, "double"), (str, "string"), (list, "list"), (dict, "map"))
    return next((name for kind, name in names if isinstance(value, kind)), "unknown")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    """`==`; values of different types differ."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def _no_overload(name: str, *values: Any) -> CelError:
    return CelError(f"no such overload: {name}({', '.join(map(type_name, values))})")


def _compare(name: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def run(left: Any, right: Any) -> bool:
        if (is_number(left) and is_number(right)) or (type(left) is type(right) and isinstance(left, str | bool)):
            return compare(left, right)
        raise _no_overload(name, left, right)

    return run


def _add(left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return left + right
    if type(left) is type(right) and isinstance(left, str | list):
        return left + right
    raise _no_overload("+", left, right)


def _arithmetic(name: str, compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def run(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            raise _no_overload(name, left, right)
        try:
            return compute(left, right)
        except ZeroDivisionError as error:
            raise CelError("division by zero") from error

    return run


def _divide(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        return int(math.copysign(1, left) * math.copysign(1, right)) * (abs(left) // abs(right))
    return left / right


def contains(left: Any, right: Any) -> bool:
    """`in`: an element of a list, a key of a map."""
    if isinstance(right, list):
        return any(equal(left, item) for item in right)
    if isinstance(right, dict):
        return left in right
    raise _no_overload("in", left, right)


OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _compare("<", operator.lt),
    "<=": _compare("<=", operator.le),
    ">": _compare(">", operator.gt),
    ">=": _compare(">=", operator.ge),
    "in": contains,
    "+": _add,
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", _divide),
    "%": _arithmetic("%", math.fmod),
}


def _size(value: Any) -> int:
    if isinstance(value, str | list | dict):
        return len(value)
    raise _no_overload("size", value)


def _text(name: str, run: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def checked(value: Any, argument: Any) -> bool:
        if not (isinstance(value, str) and isinstance(argument, str)):
            raise _no_overload(name, value, argument)
        return run(value, argument)

    return checked


def _matches(value: str, pattern: str) -> bool:
    try:
        return compile_re2(pattern).search(value) is not None
    except RegexError as error:
        raise CelError(str(error)) from error


def _number(kind: type[int] | type[float], value: Any) -> Any:
    if isinstance(value, list | dict) or value is None:
        raise _no_overload(kind.__name__, value)
    try:
        return kind(value)
    except (ValueError, OverflowError) as error:
        raise CelError(f"cannot convert {value!r}") from error


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) or is_number(value):
        return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
    raise _no_overload("string", value)


# Functions by name; a call `a.f(b)` is the same as `f(a, b)`.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "size": _size,
    "matches": _text("matches", _matches),
    "contains": _text("contains", lambda value, part: part in value),
    "startsWith": _text("startsWith", str.startswith),
    "endsWith": _text("endsWith", str.endswith),
    "lowerAscii": lambda value: _string(value).lower(),
    "upperAscii": lambda value: _string(value).upper(),
    "trim": lambda value: _string(value).strip(),
    "int": lambda value: _number(int, value),
    "uint": lambda value: _number(int, value),
    "double": lambda value: _number(float, value),
    "string": _string,
    "bool": lambda value: {"true": True, "false": False}.get(value, value),
    "type": type_name,
    "dyn": lambda value: value,
}
