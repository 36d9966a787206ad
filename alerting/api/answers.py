"""Answers and parameters that all handlers share."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pharos.matchers import Matcher, parse_matcher
from pharos.regex import Regex, anchored


class BadRequestError(ValueError):
    """The request cannot be answered; the text says why."""


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON by orjson, as fast as it goes."""
    return Response(orjson.dumps(value), status, headers, "application/json")


def flag(request: Request, name: str, default: bool = True) -> bool:
    """A boolean parameter. Raises `BadRequestError`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if text.lower() not in ("true", "false", "1", "0", "t", "f"):
        raise BadRequestError(f"{name} in query must be of type boolean: {text!r}")
    return text.lower() in ("true", "1", "t")


def number(request: Request, name: str, default: int, most: int) -> int:
    """A whole number from 0 to `most`. Raises `BadRequestError`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isdigit() or int(text) > most:
        raise BadRequestError(f"{name} in query must be a whole number up to {most}: {text!r}")
    return int(text)


def matchers(request: Request, name: str = "filter") -> list[Matcher]:
    """The matchers of a repeatable parameter. Raises `BadRequestError`."""
    try:
        return [parse_matcher(text) for text in request.query_params.getlist(name)]
    except ValueError as error:
        raise BadRequestError(f"bad matcher format: {error}") from error


def receiver_pattern(request: Request) -> Regex | None:
    """The `receiver` parameter. Raises `BadRequestError`."""
    text = request.query_params.get("receiver")
    if text is None:
        return None
    try:
        return anchored(text)
    except ValueError as error:
        raise BadRequestError(f"failed to parse receiver param: {error}") from error
