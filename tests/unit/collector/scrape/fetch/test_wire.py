"""The lean client without a network: buffers that are lent, answers at the last moment."""

import asyncio
from collections.abc import Callable

import pytest

from collector.scrape.fetch.wire import BufferPool, Wire

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1\n"


class Peer(asyncio.Transport):
    """Does something for each request that is written."""

    def __init__(self, react: Callable[[], object]) -> None:
        super().__init__()
        self._react = react

    def write(self, data: object) -> None:
        self._react()

    def abort(self) -> None:
        pass


def receive(wire: Wire, data: bytes) -> None:
    wire.get_buffer(-1)[: len(data)] = data
    wire.buffer_updated(len(data))


async def ask_too_late(*, answered: bool) -> bytes:
    """The body of an answer that comes in the very round of the loop in which its deadline is seen to be over."""
    loop = asyncio.get_running_loop()
    wire = Wire(BufferPool())
    wire.connection_made(Peer(lambda: loop.call_soon(receive, wire, ANSWER) if answered else None))
    answer = await wire.ask(b"GET / HTTP/1.1\r\n\r\n", 100, deadline=loop.time() - 1)
    return bytes(answer.body)


def test_what_has_come_while_the_loop_was_busy_is_in_time() -> None:
    assert asyncio.run(ask_too_late(answered=True)) == b"a 1\n"


def test_no_answer_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(ask_too_late(answered=False))


def test_the_pool_keeps_a_few_buffers() -> None:
    pool = BufferPool()
    lent = [bytearray(1 << 20) for _ in range(8)]
    for buffer in lent:
        pool.give(buffer)
    assert sum(pool.take() in lent for _ in range(8)) == 4


def test_a_buffer_is_lent_when_bytes_come_and_given_back() -> None:
    async def run() -> None:
        pool = BufferPool()
        wire = Wire(pool)
        loop = asyncio.get_running_loop()
        wire.connection_made(Peer(lambda: loop.call_soon(receive, wire, ANSWER)))
        for _ in range(2):
            answer = await wire.ask(b"GET / HTTP/1.1\r\n\r\n", 100, deadline=loop.time() + 60)
            assert bytes(answer.body) == b"a 1\n"
            answer.body.release()
            wire.release()
        first = pool.take()
        assert first.startswith(ANSWER)
        assert not pool.take().startswith(ANSWER)  # one was enough for both

    asyncio.run(run())
