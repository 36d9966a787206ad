import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.types import Message

from collector.api.execution import ActiveQuery, QueryRunner


def request(receive: Callable[[], Awaitable[Message]]) -> Request:
    return Request({"type": "http", "method": "GET", "headers": [], "client": ("10.0.0.1", 1)}, receive)


async def never() -> Message:
    await asyncio.get_running_loop().create_future()
    raise AssertionError


def stopped(query: ActiveQuery) -> bool:
    """Whether somebody stops the query within five seconds."""
    until = time.monotonic() + 5
    while not query.token.canceled and time.monotonic() < until:
        time.sleep(0.001)
    return query.token.canceled


@pytest.fixture
def runner() -> QueryRunner:
    return QueryRunner(CollectorRegistry(), workers=2)


async def test_a_query_stops_when_its_client_leaves(runner: QueryRunner) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    def work(query: ActiveQuery) -> bool:
        return stopped(query)

    assert await runner.run(request(gone), "up", work)


async def test_a_query_can_be_stopped_by_its_number(runner: QueryRunner) -> None:
    running = threading.Event()

    def work(query: ActiveQuery) -> bool:
        running.set()
        return stopped(query)

    asked = asyncio.create_task(runner.run(request(never), "up", work))
    await asyncio.to_thread(running.wait, 5)
    (query,) = runner.active
    assert (query.text, query.client) == ("up", "10.0.0.1")
    assert runner.cancel(query.number)
    assert await asked
    assert not runner.cancel(query.number)


async def test_closing_stops_all_queries(runner: QueryRunner) -> None:
    running = threading.Event()

    def work(query: ActiveQuery) -> bool:
        running.set()
        return stopped(query)

    asked = asyncio.create_task(runner.run(request(never), "up", work))
    await asyncio.to_thread(running.wait, 5)
    runner.close()
    assert await asked


async def test_a_light_query_waits_for_no_thread_and_is_listed_meanwhile(runner: QueryRunner) -> None:
    def work(query: ActiveQuery) -> str:
        assert runner.active == [query]
        return f"{query.text} of {query.client} in {threading.current_thread().name}"

    assert runner.run_here(request(never), "up", work) == f"up of 10.0.0.1 in {threading.current_thread().name}"
    assert runner.active == []


async def test_a_query_is_forgotten_when_it_is_done(runner: QueryRunner) -> None:
    assert await runner.run(request(never), "1", lambda query: query.number) == 1
    assert runner.active == []


async def test_the_next_piece_is_made_while_one_is_on_its_way(runner: QueryRunner) -> None:
    made = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        made.set()
        yield b"second"

    stream = runner.stream(pieces())
    assert await anext(stream) == b"first"
    assert await asyncio.to_thread(made.wait, 5)  # nobody has asked for the second one yet
    assert [piece async for piece in stream] == [b"second"]
    runner.close()
