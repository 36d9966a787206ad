"""The parser, which turns an expression into nested Python functions, and the program that runs them."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Self, TypeAlias

from blackbox.cel.functions import FUNCTIONS, OPERATORS, contains, is_number, type_name
from blackbox.cel.lexer import CelError, Token, tokens

Scope: TypeAlias = Mapping[str, Any]
Node: TypeAlias = Callable[[Scope], Any]
_LEVELS: Final = (("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_MACROS: Final = ("all", "exists", "exists_one", "filter", "map")
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_TYPES: Final = {
    "int": "int",
    "double": "double",
    "string": "string",
    "bool": "bool",
    "list": "list",
    "map": "map",
    "null_type": "null_type",
}
_MAX_DEPTH: Final = 50


class Program:
    """A parsed expression over the variable `body`. Raises `CelError`, a `ValueError`, when the text is none."""

    __slots__ = ("_run", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._run = _Parser(text, frozenset({"body"})).parse()

    @classmethod
    def from_config(cls, value: Any) -> Self:
        return cls(str(value))

    def evaluate(self, body: Any) -> Any:
        """The value for a JSON document. Raises `CelError`."""
        return self._run({"body": body})

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


class _Parser:
    """Recursive descent, one method for each level of precedence."""

    def __init__(self, text: str, variables: frozenset[str]) -> None:
        self._tokens, self._position, self._depth = tokens(text), 0, 0
        self._variables = variables

    def parse(self) -> Node:
        node = self._expression()
        if self._peek.kind != "end":
            self._fail("the end of the expression")
        return node

    @property
    def _peek(self) -> Token:
        return self._tokens[self._position]

    def _next(self) -> Token:
        token = self._peek
        self._position += 1
        return token

    def _take(self, *texts: str) -> str | None:
        token = self._peek
        if token.kind in ("operator", "name") and token.value in texts:
            self._position += 1
            return str(token.value)
        return None

    def _want(self, text: str) -> None:
        if self._take(text) is None:
            self._fail(repr(text))

    def _fail(self, expected: str) -> None:
        found = self._peek
        shown = "the end" if found.kind == "end" else repr(found.value)
        raise CelError(f"expected {expected} at position {found.at}, found {shown}")

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise CelError("the expression is nested too deeply")
        condition = self._either()
        if self._take("?"):
            yes = self._either()
            self._want(":")
            no = self._expression()
            condition = _choice(condition, yes, no)
        self._depth -= 1
        return condition

    def _either(self) -> Node:
        node = self._both()
        while self._take("||"):
            node = _short(node, self._both(), True)
        return node

    def _both(self) -> Node:
        node = self._level(0)
        while self._take("&&"):
            node = _short(node, self._level(0), False)
        return node

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self._level(level + 1)
        while (found := self._take(*_LEVELS[level])) is not None:
            node = _binary(OPERATORS[found], node, self._level(level + 1))
        return node

    def _unary(self) -> Node:
        if self._take("!"):
            return _not(self._unary())
        if self._take("-"):
            return _minus(self._unary())
        node = self._primary()
        while True:
            if self._take("."):
                node = self._member(node)
            elif self._take("["):
                node = _index(node, self._expression())
                self._want("]")
            else:
                return node

    def _member(self, target: Node) -> Node:
        if self._peek.kind != "name":
            self._fail("a name")
        name = str(self._next().value)
        if not self._take("("):
            return _index(target, lambda scope: name)
        if name in _MACROS:
            return self._macro(name, target)
        return self._call(name, [target])

    def _macro(self, name: str, target: Node) -> Node:
        variable = self._next()
        if variable.kind != "name":
            raise CelError(f"expected a variable for {name} at position {variable.at}")
        self._want(",")
        outer = self._variables
        self._variables = outer | {str(variable.value)}
        body = self._expression()
        self._variables = outer
        self._want(")")
        return _macro(name, target, str(variable.value), body)

    def _call(self, name: str, arguments: list[Node]) -> Node:
        if name not in FUNCTIONS:
            raise CelError(f"undeclared reference to {name!r}")
        while not self._take(")"):
            arguments.append(self._expression())
            if self._peek.value != ")":
                self._want(",")
        return _apply(name, FUNCTIONS[name], arguments)

    def _primary(self) -> Node:
        if self._take("("):
            node = self._expression()
            self._want(")")
            return node
        if self._take("["):
            return self._list()
        if self._take("{"):
            return self._map()
        token = self._next()
        if token.kind in ("number", "string"):
            return lambda scope: token.value
        if token.kind != "name":
            self._position -= 1
            self._fail("a value")
        return self._named(str(token.value))

    def _named(self, name: str) -> Node:
        if name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda scope: constant
        if self._take("("):
            return self._has() if name == "has" else self._call(name, [])
        if name in self._variables:
            return lambda scope: scope[name]
        if name in _TYPES:
            kind = _TYPES[name]
            return lambda scope: kind
        raise CelError(f"undeclared reference to {name!r}")

    def _has(self) -> Node:
        """`has(a.b)`: whether the map `a` has the key `b`."""
        start = self._position
        self._expression()
        last = self._tokens[self._position - 1]
        if last.kind != "name" or self._tokens[self._position - 2].value != "." or self._position - start < 2:
            raise CelError("has() wants a field selection such as has(body.status)")
        end = self._position
        kept = self._tokens
        self._tokens, self._position = [*kept[start : end - 2], Token("end", "", last.at)], 0
        target = self._expression()
        self._tokens, self._position = kept, end
        self._want(")")
        return _has(target, str(last.value))

    def _list(self) -> Node:
        items: list[Node] = []
        while not self._take("]"):
            items.append(self._expression())
            if self._peek.value != "]":
                self._want(",")
        return lambda scope: [item(scope) for item in items]

    def _map(self) -> Node:
        pairs: list[tuple[Node, Node]] = []
        while not self._take("}"):
            key = self._expression()
            self._want(":")
            pairs.append((key, self._expression()))
            if self._peek.value != "}":
                self._want(",")
        return lambda scope: {key(scope): value(scope) for key, value in pairs}


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise CelError(f"expected a bool, found {type_name(value)}")


def _choice(condition: Node, yes: Node, no: Node) -> Node:
    return lambda scope: yes(scope) if _bool(condition(scope)) else no(scope)


def _short(left: Node, right: Node, decides: bool) -> Node:
    """`||` and `&&`: one side that decides makes up for an error of the other."""

    def run(scope: Scope) -> bool:
        try:
            if _bool(left(scope)) is decides:
                return decides
        except CelError:
            if _bool(right(scope)) is decides:
                return decides
            raise
        return _bool(right(scope))

    return run


def _binary(compute: Callable[[Any, Any], Any], left: Node, right: Node) -> Node:
    return lambda scope: compute(left(scope), right(scope))


def _not(node: Node) -> Node:
    return lambda scope: not _bool(node(scope))


def _minus(node: Node) -> Node:
    def run(scope: Scope) -> Any:
        value = node(scope)
        if not is_number(value):
            raise CelError(f"no such overload: -{type_name(value)}")
        return -value

    return run


def _index(target: Node, key: Node) -> Node:
    def run(scope: Scope) -> Any:
        value, wanted = target(scope), key(scope)
        if isinstance(value, dict) and isinstance(wanted, str):
            if wanted not in value:
                raise CelError(f"no such key: {wanted}")
            return value[wanted]
        if isinstance(value, list) and is_number(wanted) and wanted == int(wanted):
            if not 0 <= wanted < len(value):
                raise CelError(f"index out of bounds: {int(wanted)}")
            return value[int(wanted)]
        raise CelError(f"no such overload: {type_name(value)}[{type_name(wanted)}]")

    return run


def _has(target: Node, name: str) -> Node:
    def run(scope: Scope) -> bool:
        value = target(scope)
        if not isinstance(value, dict):
            raise CelError(f"no such overload: has({type_name(value)}.{name})")
        return contains(name, value)

    return run


def _apply(name: str, function: Callable[..., Any], arguments: list[Node]) -> Node:
    def run(scope: Scope) -> Any:
        values = [argument(scope) for argument in arguments]
        try:
            return function(*values)
        except TypeError as error:
            raise CelError(f"no such overload: {name}({', '.join(map(type_name, values))})") from error

    return run


def _macro(name: str, target: Node, variable: str, body: Node) -> Node:
    def run(scope: Scope) -> Any:
        value = target(scope)
        if not isinstance(value, list | dict):
            raise CelError(f"no such overload: {type_name(value)}.{name}()")
        items = list(value)
        results = [body({**scope, variable: item}) for item in items]
        if name == "map":
            return results
        good = [_bool(result) for result in results]
        if name == "filter":
            return [item for item, keep in zip(items, good, strict=True) if keep]
        return {"all": all(good), "exists": any(good), "exists_one": sum(good) == 1}[name]

    return run
