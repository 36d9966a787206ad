"""All targets in one server: `/<case>`, on one port for each scraper, which gets the answers of a case in their order."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial

from tests.support.scrape_fuzz.cases import Answer, Case


class Targets:
    """`asked`: how often each case has been asked for, by scraper."""

    def __init__(self, cases: Sequence[Case], scrapers: int) -> None:
        self._cases, self._servers = cases, list[asyncio.Server]()
        self.asked = [Counter[int]() for _ in range(scrapers)]
        self.addresses: list[str] = []
        self.open = set[asyncio.Transport]()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for scraper in range(len(self.asked)):
            connection = partial(_Connection, self, scraper)
            self._servers.append(await loop.create_server(connection, "127.0.0.1", 0, backlog=1024))
            self.addresses.append(f"127.0.0.1:{self._servers[-1].sockets[0].getsockname()[1]}")

    async def stop(self) -> None:
        """End all connections, those that are only just coming too."""
        for server in self._servers:
            server.close()
        await asyncio.sleep(0.1)
        while self.open:
            for transport in self.open:
                transport.abort()
            await asyncio.sleep(0.1)

    def waiting_for(self, times: int) -> list[tuple[int, int]]:
        """Scraper and case, where that scraper has not yet asked for the case so often."""
        numbers = range(len(self._cases))
        return [
            (scraper, number) for scraper, asked in enumerate(self.asked) for number in numbers if asked[number] < times
        ]

    def answer(self, scraper: int, number: int) -> Answer:
        """The next answer of a case; the last one again when there are no more."""
        asked, answers = self.asked[scraper], self._cases[number].answers
        asked[number] += 1
        return answers[min(asked[number], len(answers)) - 1]


class _Connection(asyncio.Protocol):
    def __init__(self, targets: Targets, scraper: int) -> None:
        self._targets, self._scraper = targets, scraper
        self._transport: asyncio.Transport | None = None
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._targets.open.add(transport)

    def connection_lost(self, _: Exception | None) -> None:
        if self._transport is not None:
            self._targets.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if not self._head.endswith(b"\r\n\r\n") or self._transport is None:
            return
        answer = self._targets.answer(self._scraper, int(self._head.split(b" ", 2)[1].strip(b"/")))
        self._head = b""
        self._transport.write(encoded(answer))
        if answer.framing in ("close", "short"):
            self._transport.close()


def encoded(answer: Answer) -> bytes:
    """An answer as bytes on the wire."""
    head = [f"HTTP/1.1 {answer.status} Whatever"]
    head += [f"Content-Type: {answer.kind}"] if answer.kind else []
    head += [f"Content-Encoding: {answer.encoding}"] if answer.encoding else []
    body = answer.body if answer.status != 204 else b""
    if answer.framing == "chunked":
        head.append("Transfer-Encoding: chunked")
        half = len(body) // 2
        body = (
            b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]) if part) + b"0\r\n\r\n"
        )
    elif answer.framing == "close":
        head.append("Connection: close")
    elif answer.status != 204:
        head.append(f"Content-Length: {len(body) + (7 if answer.framing == 'short' else 0)}")
    return "\r\n".join([*head, "", ""]).encode() + body
