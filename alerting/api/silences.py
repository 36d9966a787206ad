"""`/api/v2/silences` and `/api/v2/silence/{id}`, and the same for acknowledgements."""

import asyncio
import uuid

import orjson
from starlette.requests import Request
from starlette.responses import Response

from alerting.api.answers import flag, json_answer, matchers
from alerting.silences.book import SilenceBook, UnknownSilenceError, sort_key
from alerting.silences.journal import SilenceJournal
from alerting.silences.silence import Silence, SilenceError, from_json, to_json
from pharos.clock import Clock
from pharos.matchers import Matcher, MatchOp


class SilencesApi:
    """Handlers about a book of silences. A change is answered when it is on the disk."""

    def __init__(self, clock: Clock, book: SilenceBook, journal: SilenceJournal, id_key: str = "silenceID") -> None:
        self._clock, self._book, self._journal, self._id_key = clock, book, journal, id_key
        self._writing = asyncio.Lock()

    async def get_all(self, request: Request) -> Response:
        now = self._clock.now()
        wanted = matchers(request)
        states = [state for state in ("active", "pending", "expired") if flag(request, state)]
        found = [one for one in self._book if one.state(now) in states and _matches(one, wanted)]
        found.sort(key=lambda one: sort_key(one, now))
        return json_answer([to_json(one, now) for one in found])

    async def post(self, request: Request) -> Response:
        now = self._clock.now()
        try:
            wanted = from_json(orjson.loads(await request.body()))
            silence, changes = self._book.set(wanted, str(uuid.uuid4()), now)
        except UnknownSilenceError:
            return json_answer("silence not found", 404)
        except SilenceError as error:
            return json_answer(str(error), 400)
        except ValueError as error:
            return json_answer({"code": 400, "message": f"parsing silence body failed: {error}"}, 400)
        await self._keep(changes)
        return json_answer({self._id_key: silence.id})

    async def get(self, request: Request) -> Response:
        try:
            silence = self._book.get(request.path_params["id"])
        except UnknownSilenceError:
            return Response(status_code=404)
        return json_answer(to_json(silence, self._clock.now()))

    async def delete(self, request: Request) -> Response:
        try:
            changes = self._book.expire(request.path_params["id"], self._clock.now())
        except UnknownSilenceError:
            return Response(status_code=404)
        await self._keep(changes)
        return Response()

    async def _keep(self, changes: list[Silence]) -> None:
        if changes:
            async with self._writing:
                await asyncio.to_thread(self._journal.append, changes)


def _matches(silence: Silence, wanted: list[Matcher]) -> bool:
    """Whether the silence has, for each matcher asked for, one of the same name that fits it."""
    for asked in wanted:
        mine = [one for one in silence.matchers if one.name == asked.name and one.negative == asked.negative]
        exact = asked.op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL)
        if not any(one.value == asked.value if exact else _fits(asked, one.value) for one in mine):
            return False
    return True


def _fits(asked: Matcher, value: str) -> bool:
    return asked.regex is not None and asked.regex.matches(value)
