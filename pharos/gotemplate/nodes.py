"""The syntax tree of a template. `at` is the offset in the source text, for error messages."""

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Dot:
    at: int


@dataclass(frozen=True, slots=True)
class Nil:
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, character or truth value."""

    at: int
    value: Any


@dataclass(frozen=True, slots=True)
class Field:
    """`.a.b`: fields of dot."""

    at: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """`$x.a.b`; the name holds the dollar."""

    at: int
    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function's name; its arguments are the rest of the command."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """`(pipeline).a.b`"""

    at: int
    operand: "Operand"
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """One stage of a pipeline: an operand, or something called with arguments."""

    at: int
    operands: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`$a, $b := command | command`; `assign` tells `=` from `:=`."""

    at: int
    variables: tuple[str, ...]
    assign: bool
    commands: tuple[Command, ...]


Operand: TypeAlias = Dot | Nil | Literal | Field | Variable | Function | Chain | Pipeline


@dataclass(frozen=True, slots=True)
class Text:
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """`{{ pipeline }}`: prints its value unless it sets variables."""

    at: int
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class If:
    at: int
    pipeline: Pipeline
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class With:
    at: int
    pipeline: Pipeline
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class Range:
    at: int
    pipeline: Pipeline
    body: "Body"
    otherwise: "Body"


@dataclass(frozen=True, slots=True)
class Break:
    at: int


@dataclass(frozen=True, slots=True)
class Continue:
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """`{{ template "name" pipeline }}`; `at` is the name."""

    at: int
    name: str
    pipeline: Pipeline | None


Node: TypeAlias = Text | Action | If | With | Range | Break | Continue | Call
Body: TypeAlias = tuple[Node, ...]
