"""What goes wrong with a query.

QueryError
├── ParseError           bad_data: the text is not PromQL; the message starts with line:col
├── InvalidQueryError    bad_data: a valid expression of a type that this kind of query cannot answer
├── ExecutionError       execution: the expression cannot be evaluated on this data, or a limit was reached
├── QueryTimeoutError    timeout: it took longer than allowed
└── QueryCanceledError   canceled: the client left, or somebody stopped it
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the query text: offsets of characters, end exclusive."""

    start: int = 0
    end: int = 0

    def line_column(self, text: str) -> str:
        """`line:column` of the start, both from 1, as Prometheus shows positions."""
        if not text:
            return "unknown position"
        if self.start > len(text):
            return "invalid position"
        before = text[: self.start]
        line_start = before.rfind("\n") + 1
        return f"{before.count(chr(10)) + 1}:{len(before[line_start:].encode()) + 1}"


class QueryError(Exception):
    """A query that gave no answer. `kind` is the errorType of the HTTP API, `position` where in the text, when it is known."""

    kind: ClassVar[str] = "internal"

    def __init__(self, message: str, position: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class ParseError(QueryError):
    """The text is not a valid expression; `message` is `1:5: parse error: ...`, `reason` the part after that."""

    kind = "bad_data"

    def __init__(self, reason: str, position: Span, text: str) -> None:
        super().__init__(f"{position.line_column(text)}: parse error: {reason}", position)
        self.reason = reason


class InvalidQueryError(QueryError):
    """An expression of a type that this kind of query cannot answer."""

    kind = "bad_data"


class ExecutionError(QueryError):
    """The expression cannot be evaluated on this data, or one of the limits was reached."""

    kind = "execution"


class QueryTimeoutError(QueryError):
    """The query took longer than allowed."""

    kind = "timeout"


class QueryCanceledError(QueryError):
    """The client left or the query was stopped."""

    kind = "canceled"
