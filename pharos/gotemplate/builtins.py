"""The functions every template has. `and`, `or` and `call` are evaluated by the interpreter itself."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pharos.gotemplate import escape
from pharos.gotemplate.gofmt import sprint, sprintf, sprintln
from pharos.gotemplate.values import ValueProblem, equal, is_true, length, less, type_name


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise ValueProblem("missing argument for comparison")
    return any(equal(first, other) for other in others)


def _index(item: Any, *indices: Any) -> Any:
    for index in indices:
        item = _one_index(item, index)
    return item


def _one_index(item: Any, index: Any) -> Any:
    if item is None:
        raise ValueProblem("index of untyped nil")
    if isinstance(item, Mapping):
        if not isinstance(index, str):
            raise ValueProblem(f"value has type {type_name(index)}; should be string")
        return item.get(index, "" if all(isinstance(value, str) for value in item.values()) else None)
    if not isinstance(item, list | tuple | str):
        raise ValueProblem(f"can't index item of type {type_name(item)}")
    row = item.encode() if isinstance(item, str) else item
    return row[_place(index, len(row) - 1)]


def _place(index: Any, last: int) -> int:
    if isinstance(index, bool) or not isinstance(index, int):
        raise ValueProblem(f"cannot index slice/array with type {type_name(index)}")
    if not 0 <= index <= last:
        raise ValueProblem(f"index out of range: {index}")
    return index


def _slice(item: Any, *indices: Any) -> Any:
    if not isinstance(item, list | tuple | str):
        raise ValueProblem(f"can't slice item of type {type_name(item)}")
    if len(indices) > 3 or (len(indices) == 3 and isinstance(item, str)):
        raise ValueProblem(f"too many slice indexes: {len(indices)}")
    row = item.encode() if isinstance(item, str) else item
    low, high = [*(_place(index, len(row)) for index in indices[:2]), *(0, len(row))[len(indices[:2]) :]]
    if low > high:
        raise ValueProblem(f"invalid slice index: {low} > {high}")
    cut = row[low:high]
    return cut.decode("utf-8", "replace") if isinstance(cut, bytes) else cut


BUILTINS: Final[dict[str, Callable[..., Any]]] = {
    "not": lambda value: not is_true(value),
    "len": length,
    "index": _index,
    "slice": _slice,
    "print": sprint,
    "printf": sprintf,
    "println": sprintln,
    "html": lambda *values: escape.html_text(sprint(*values)),
    "js": lambda *values: escape.js_text(sprint(*values)),
    "urlquery": lambda *values: escape.url_query(sprint(*values)),
    "eq": _equal,
    "ne": lambda left, right: not equal(left, right),
    "lt": less,
    "le": lambda left, right: less(left, right) or equal(left, right),
    "gt": lambda left, right: not (less(left, right) or equal(left, right)),
    "ge": lambda left, right: not less(left, right),
}
LAZY: Final = frozenset({"and", "or", "call"})
