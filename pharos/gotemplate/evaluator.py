"""Runs a syntax tree over data. Bounded in steps, depth and output."""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from pharos.gotemplate import nodes
from pharos.gotemplate.errors import TemplateError, position
from pharos.gotemplate.escape import by_context
from pharos.gotemplate.excerpt import command_at, word_at
from pharos.gotemplate.gofmt import sprint
from pharos.gotemplate.values import ValueProblem, field, is_true, pairs, type_name

if TYPE_CHECKING:
    from pharos.gotemplate.template import Template

_NOTHING: Any = object()  # "no value piped in": None is a value
_TYPES = {str: "string", float: "float64", int: "int", bool: "bool"}


class _Loop(Exception):  # noqa: N818 - control flow
    """`break` or `continue` on its way to the enclosing range."""


class _Break(_Loop):
    pass


class _Continue(_Loop):
    pass


class Evaluator:
    """One execution."""

    def __init__(self, template: "Template", functions: Mapping[str, Callable[..., Any]]) -> None:
        self._main = self._source = template
        self._functions = functions
        self._out: list[str] = []
        self._size = 0
        self._steps = 0
        self._depth = 0
        self._variables: list[tuple[str, Any]] = []

    def run(self, data: Any) -> str:
        self._variables = [("$", data)]
        self._body(self._main.body, data)
        return "".join(self._out)

    def _fail(self, at: int, message: str, shown: str | None = None) -> NoReturn:
        """Blames what stands at an offset: the word there, or what is `shown` for it."""
        source = self._source
        message = f'executing "{source.name}" at <{shown or word_at(source.text, at)}>: {message}'
        raise TemplateError(source.name, *position(source.text, at), message, running=True)

    def _step(self, at: int) -> None:
        self._steps += 1
        if self._steps > self._main.limits.steps:
            self._fail(at, f"stopped after {self._main.limits.steps} steps")

    def _write(self, at: int, text: str) -> None:
        self._out.append(text)
        self._size += len(text)
        if self._size > self._main.limits.output_chars:
            self._fail(at, f"output is longer than {self._main.limits.output_chars} characters")

    def _body(self, body: nodes.Body, dot: Any) -> None:
        for node in body:
            self._step(node.at)
            self._node(node, dot)

    def _node(self, node: nodes.Node, dot: Any) -> None:
        match node:
            case nodes.Text(at, text):
                self._write(at, text)
            case nodes.Action(at, pipeline):
                value = self._pipeline(pipeline, dot)
                if not pipeline.variables:
                    self._print(at, value)
            case nodes.If() | nodes.With():
                self._branch(node, dot)
            case nodes.Range():
                self._range(node, dot)
            case nodes.Call():
                self._call_template(node, dot)
            case nodes.Break():
                raise _Break
            case nodes.Continue():
                raise _Continue

    def _print(self, at: int, value: Any) -> None:
        shown = "<no value>" if value is None else sprint(value)
        if self._main.html:
            shown = by_context(shown, value, "".join(self._out[-64:]))
        self._write(at, shown)

    def _branch(self, node: nodes.If | nodes.With, dot: Any) -> None:
        mark = len(self._variables)
        value = self._pipeline(node.pipeline, dot)
        if is_true(value):
            self._body(node.body, value if isinstance(node, nodes.With) else dot)
        else:
            self._body(node.otherwise, dot)
        del self._variables[mark:]

    def _range(self, node: nodes.Range, dot: Any) -> None:
        mark = len(self._variables)
        value = self._pipeline(node.pipeline, dot, declare=False)
        try:
            items = pairs(value)
        except ValueProblem as problem:
            self._fail(node.pipeline.at, str(problem))
        empty = True
        for key, element in items:
            empty = False
            self._step(node.at)
            self._bind(node.pipeline, (key, element))
            try:
                self._body(node.body, element)
            except _Continue:
                pass
            except _Break:
                break
            finally:
                del self._variables[mark:]
        if empty:
            self._body(node.otherwise, dot)

    def _bind(self, pipeline: nodes.Pipeline, pair: tuple[Any, Any]) -> None:
        """Range variables: one gets the element, two get index and element."""
        values = pair if len(pipeline.variables) == 2 else pair[1:]
        for name, value in zip(pipeline.variables, values, strict=False):
            self._set(name, value, assign=pipeline.assign)

    def _set(self, name: str, value: Any, *, assign: bool) -> None:
        if not assign:
            self._variables.append((name, value))
            return
        for index in range(len(self._variables) - 1, -1, -1):
            if self._variables[index][0] == name:
                self._variables[index] = (name, value)
                return

    def _call_template(self, node: nodes.Call, dot: Any) -> None:
        found = self._main.definitions.get(node.name)
        if found is None:
            shown = f"{{{{template {command_at(self._source.text, node.at)}}}}}"
            self._fail(node.at, f'template "{node.name}" not defined', shown)
        body, source = found
        value = None if node.pipeline is None else self._pipeline(node.pipeline, dot)
        if self._depth >= self._main.limits.depth:
            self._fail(node.at, f"exceeded maximum template depth ({self._main.limits.depth})")
        outer, self._variables = self._variables, [("$", value)]
        caller, self._source = self._source, source
        self._depth += 1
        self._body(body, value)
        self._depth -= 1
        self._source, self._variables = caller, outer

    def _pipeline(self, pipeline: nodes.Pipeline, dot: Any, *, declare: bool = True) -> Any:
        value = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, dot, value)
        if declare:
            for name in pipeline.variables:
                self._set(name, value, assign=pipeline.assign)
        return value

    def _command(self, command: nodes.Command, dot: Any, final: Any) -> Any:
        self._step(command.at)
        first, arguments = command.operands[0], command.operands[1:]
        if isinstance(first, nodes.Function):
            return self._function(first, arguments, dot, final)
        if isinstance(first, nodes.Field | nodes.Variable | nodes.Chain):
            return self._fields(first, dot, arguments, final)
        if arguments or final is not _NOTHING:
            self._fail(first.at, f"can't give argument to non-function {word_at(self._source.text, first.at)}")
        if isinstance(first, nodes.Nil):
            self._fail(first.at, "nil is not a command")
        return self._operand(first, dot)

    def _operand(self, operand: nodes.Operand, dot: Any) -> Any:
        match operand:
            case nodes.Literal(_, value):
                return value
            case nodes.Dot():
                return dot
            case nodes.Nil():
                return None
            case nodes.Function():
                return self._function(operand, (), dot, _NOTHING)
            case nodes.Pipeline():
                return self._pipeline(operand, dot)
        return self._fields(operand, dot, (), _NOTHING)

    def _fields(
        self,
        operand: nodes.Field | nodes.Variable | nodes.Chain,
        dot: Any,
        arguments: tuple[nodes.Operand, ...],
        final: Any,
    ) -> Any:
        """A chain of fields; arguments belong to the last one, which must then be a method."""
        if isinstance(operand, nodes.Field):
            value = dot
        elif isinstance(operand, nodes.Variable):
            value = next(value for name, value in reversed(self._variables) if name == operand.name)
        else:
            value = self._operand(operand.operand, dot)
        wanted = bool(arguments) or final is not _NOTHING
        if wanted and not operand.names:
            self._fail(operand.at, f"can't give argument to non-function {word_at(self._source.text, operand.at)}")
        for index, name in enumerate(operand.names):
            last = index == len(operand.names) - 1
            value = self._field(operand.at, value, name, self._values(arguments, dot, final) if last else [])
        return value

    def _field(self, at: int, value: Any, name: str, arguments: list[Any]) -> Any:
        try:
            found = field(value, name, lambda key: self._missing(at, key))
        except ValueProblem as problem:
            self._fail(at, str(problem))
        if callable(found) and not isinstance(found, type):
            return self._apply(at, name, found, arguments)
        if arguments:
            self._fail(at, f"{name} has arguments but cannot be invoked as function")
        return found

    def _missing(self, at: int, key: str) -> Any:
        match self._main.missing_key:
            case "zero":
                return ""
            case "default":
                return None
        return self._fail(at, f'map has no entry for key "{key}"')

    def _values(self, arguments: tuple[nodes.Operand, ...], dot: Any, final: Any) -> list[Any]:
        values = [self._operand(argument, dot) for argument in arguments]
        return values if final is _NOTHING else [*values, final]

    def _function(self, node: nodes.Function, arguments: tuple[nodes.Operand, ...], dot: Any, final: Any) -> Any:
        if node.name in ("and", "or"):
            return self._short_circuit(node, arguments, dot, final)
        if node.name == "call":
            function, *values = self._values(arguments, dot, final) or [None]
            if not callable(function):
                text = self._source.text
                name = word_at(text, arguments[0].at) if arguments else ""
                problem = f"error calling call: non-function {name} of type {type_name(function)}"
                self._fail(node.at, problem, command_at(text, node.at))
            return self._apply(node.at, "call", function, values)
        function = self._functions.get(node.name)
        if function is None:
            self._fail(node.at, f'"{node.name}" is not a defined function')
        return self._apply(node.at, node.name, function, self._values(arguments, dot, final))

    def _short_circuit(self, node: nodes.Function, arguments: tuple[nodes.Operand, ...], dot: Any, final: Any) -> Any:
        if not arguments and final is _NOTHING:
            self._fail(node.at, f"wrong number of args for {node.name}: want at least 1 got 0")
        value: Any = None
        for argument in arguments:
            value = self._operand(argument, dot)
            if is_true(value) == (node.name == "or"):
                return value
        return value if final is _NOTHING else final

    def _apply(self, at: int, name: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
        try:
            return function(*_fit(name, function, arguments))
        except TemplateError:
            raise
        except _ArgumentProblem as problem:
            self._fail(at, str(problem))
        except (ValueError, ArithmeticError, LookupError, OSError) as error:
            shown = command_at(self._source.text, at) if arguments else None
            self._fail(at, f"error calling {name}: {error}", shown)


class _ArgumentProblem(Exception):  # noqa: N818 - becomes a TemplateError with a position
    """Arguments that a function does not take."""


def _fit(name: str, function: Callable[..., Any], arguments: list[Any]) -> list[Any]:
    """The arguments as the function's annotations want them: whole numbers become floats, other mismatches are errors."""
    try:
        signature = inspect.signature(function)
    except ValueError:
        return arguments
    parameters = list(signature.parameters.values())
    variadic = bool(parameters) and parameters[-1].kind is inspect.Parameter.VAR_POSITIONAL
    fixed = len(parameters) - variadic
    required = sum(1 for p in parameters[:fixed] if p.default is inspect.Parameter.empty)
    if len(arguments) < required or (not variadic and len(arguments) > fixed):
        least = "at least " if variadic else ""
        raise _ArgumentProblem(f"wrong number of args for {name}: want {least}{required} got {len(arguments)}")
    kinds = [p.annotation for p in parameters] + [parameters[-1].annotation if parameters else None] * len(arguments)
    return [_converted(value, kind) for value, kind in zip(arguments, kinds, strict=False)]


def _converted(value: Any, kind: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in _TYPES and not isinstance(value, kind):
        raise _ArgumentProblem(f"wrong type for value; expected {_TYPES[kind]}; got {type_name(value)}")
    return value
