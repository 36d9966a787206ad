"""The query/response dialogue of the tcp and unix prober: expect a line, send one, switch to TLS."""

from collections.abc import Awaitable, Callable
from typing import Any

from blackbox.config import QueryResponse
from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe
from blackbox.wire.stream import Wire

_MAX_LINE_BYTES = 64 * 1024


class Lines:
    """Lines and bytes of a stream."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._rest = b""

    async def line(self) -> bytes | None:
        """The next line without its end; None when the stream has ended. Raises `ProbeError`."""
        while b"\n" not in self._rest:
            if len(self._rest) > _MAX_LINE_BYTES:
                raise ProbeError(Reason.PROTOCOL, f"a line is longer than {_MAX_LINE_BYTES} bytes")
            data = await self._wire.read()
            if not data:
                last, self._rest = self._rest, b""
                return last or None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.removesuffix(b"\r")

    async def exactly(self, count: int) -> bytes:
        """So many bytes, fewer when the stream ends."""
        while len(self._rest) < count:
            data = await self._wire.read()
            if not data:
                break
            self._rest += data
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken


async def run_dialogue(
    probe: Probe, wire: Wire, steps: tuple[QueryResponse, ...], start_tls: Callable[[], Awaitable[None]]
) -> None:
    """Go through the steps. Raises `ProbeError` at the first that fails."""
    lines = Lines(wire)
    for number, step in enumerate(steps):
        probe.log("debug", "Processing query response entry", entry_number=number)
        send = step.send
        if step.expect is not None:
            match = await _expect(probe, lines, step.expect)
            send = step.expect.expand(match, send)
            if step.labels:
                labels = {label.name: step.expect.expand(match, label.value) for label in step.labels}
                probe.page.set("probe_expect_info", 1, **labels)
        if step.expect_bytes:
            await _expect_bytes(probe, lines, step.expect_bytes.encode("utf-8", "surrogateescape"))
        if send:
            probe.log("debug", "Sending line", line=send)
            wire.write(send.encode() + b"\n")
        if step.starttls:
            await start_tls()
            lines = Lines(wire)


async def _expect(probe: Probe, lines: Lines, pattern: Any) -> Any:
    """Read lines until one matches."""
    last = ""
    while (raw := await lines.line()) is not None:
        last = raw.decode("utf-8", "replace")
        probe.log("debug", "Read line", line=last)
        match = pattern.search(last)
        if match is not None:
            return match
    probe.page.set("probe_failed_due_to_regex", 1)
    raise ProbeError(Reason.EXPECT, f"no line matched {pattern}, the last one was {last!r}")


async def _expect_bytes(probe: Probe, lines: Lines, expected: bytes) -> None:
    got = await lines.exactly(len(expected))
    if got != expected:
        probe.page.set("probe_failed_due_to_bytes", 1)
        raise ProbeError(Reason.EXPECT, f"expected the bytes {expected!r}, found {got!r}")
