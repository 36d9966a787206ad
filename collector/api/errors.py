"""Errors as the API tells them: a kind (`errorType`) with its HTTP code, and a text."""

from typing import Final, Literal

ErrorKind = Literal[
    "bad_data", "execution", "canceled", "timeout", "unavailable", "internal", "not_found", "not_acceptable"
]
CODES: Final[dict[str, int]] = {
    "bad_data": 400,
    "execution": 422,
    "canceled": 499,
    "timeout": 503,
    "unavailable": 500,
    "internal": 500,
    "not_found": 404,
    "not_acceptable": 406,
}


class ApiError(Exception):
    """An answer with status "error"."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message

    @property
    def code(self) -> int:
        return CODES[self.kind]


def bad_parameter(name: str, problem: object) -> ApiError:
    """A parameter that cannot be used."""
    return ApiError("bad_data", f'invalid parameter "{name}": {problem}')
