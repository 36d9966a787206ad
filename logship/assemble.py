"""From lines to records: partial lines joined per stream, stack traces put together, everything else let through at once.

One assembler per container (or per plain file), because a partial line may end in the file that follows a rotation. `_feed_cri` is the hot
path: a dozen operations a line, no objects per record; everything unusual leaves it for `_take`.
"""

import time
from collections.abc import Callable
from itertools import chain, islice
from typing import Any, Final

from logship.document import Documents
from logship.held import Held, Mark, Origin
from logship.parse.container import Line, parse_cri, parse_docker
from logship.parse.multiline import kinds_of
from logship.record import Batch

LONGEST_RECORD: Final = 8 * 1024 * 1024
_MAY_CONTINUE: Final = frozenset(bytes([byte]) for byte in b" \tC\rabcdefghijklmnopqrstuvwxyz") | {b""}
"""First bytes of lines that may belong to the record before them (outside a trace that takes everything)."""
_MAY_BEGIN_TRACE: Final = frozenset((b"T", b"p", b"f", b""))
"""First bytes of lines that may begin a trace that takes everything."""
_ZULU: Final = ord("Z")


class Assembler:
    """Builds the records of one container or file."""

    def __init__(
        self,
        *,
        shape: str,
        parser: str,
        multiline: str,
        metadata: dict[str, Any],
        action: Callable[[str], bytes],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`shape` is cri, docker or plain; `parser` auto, json, logfmt or plain; `action(day)` begins the action line of a day."""
        self._shape, self._now = shape, now
        kinds = kinds_of(multiline)
        self._joins = bool(kinds)
        self.documents = Documents(parser, metadata, action)
        names = (b"",) if shape == "plain" else (b"stdout", b"stderr", b"")
        self._streams = {name: Held(name.decode(), self.documents.ending(name), kinds) for name in names}
        self.lines = 0
        self.malformed = 0

    def feed(self, origin: Origin, lines: list[bytes], offset: int, batch: Batch, monotonic: float) -> int:
        """Take complete lines that begin at `offset`; returns the offset behind them."""
        self.lines += len(lines)
        if origin.resume is not None:
            return self._feed_again(origin, lines, offset, batch, monotonic)
        if self._shape == "cri":
            return self._feed_cri(origin, lines, offset, batch, monotonic)
        for raw in lines:
            start = offset
            offset += len(raw) + 1
            self._take(origin, start, offset, self._parsed(raw), batch, monotonic)
        return offset

    def _feed_cri(self, origin: Origin, lines: list[bytes], offset: int, batch: Batch, monotonic: float) -> int:
        streams, joins = self._streams, self._joins
        emit, key = self.documents.emit, origin.key
        for raw, following in zip(lines, chain(islice(lines, 1, None), (b"",)), strict=False):
            start = offset
            length = len(raw) + 1
            offset += length
            try:
                moment, name, tag, content = raw.split(b" ", 3)
                stream = streams[name]
            except (ValueError, KeyError):
                self._take(origin, start, offset, self._parsed(raw), batch, monotonic)
                continue
            if tag != b"F" or stream.partial or moment[-1] != _ZULU:
                self._take(origin, start, offset, self._parsed(raw), batch, monotonic)
                continue
            first = content[:1]
            if stream.filled:
                if (first in _MAY_CONTINUE or stream.rule.mode) and stream.goes_on(content):
                    stream.extend(origin, start, offset, monotonic)
                    continue
                self._release(stream, batch)
            if joins and first != b"{":
                behind = length - 1 - len(content)
                if (
                    first in _MAY_BEGIN_TRACE
                    or not following.startswith(stream.whole, len(moment))
                    or following[behind : behind + 1] in _MAY_CONTINUE
                ):
                    stream.open(origin, start, offset, moment, content, monotonic)
                    stream.rule.starts(content)
                    continue
            emit(key, start, length, moment, content, stream.ending, batch)
        return offset

    def _feed_again(self, origin: Origin, lines: list[bytes], offset: int, batch: Batch, monotonic: float) -> int:
        """Lines read a second time after a restart: what is done is left out, and records end where they ended before."""
        resume = origin.resume
        assert resume is not None
        for raw in lines:
            start = offset
            offset += len(raw) + 1
            line = self._parsed(raw)
            if start >= resume.ahead.get(self._stream(line).name, 0):
                self._take(origin, start, offset, line, batch, monotonic)
            if offset in resume.cuts:
                for stream in self._streams.values():
                    if stream.filled and stream.origin is origin and stream.end == offset:
                        self._release(stream, batch)
        if offset >= resume.until:
            origin.resume = None
        return offset

    def _parsed(self, raw: bytes) -> Line:
        if self._shape == "plain":
            return Line(self._read_time(), b"", False, raw[:-1] if raw.endswith(b"\r") else raw)
        line = parse_cri(raw) if self._shape == "cri" else parse_docker(raw)
        if line is None:
            self.malformed += 1
            return Line(self._read_time(), b"", False, raw)
        return line

    def _read_time(self) -> bytes:
        now = self._now()
        return b"%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)).encode(), int(now * 1000) % 1000)

    def _stream(self, line: Line) -> Held:
        return self._streams.get(line.stream) or self._streams[b""]

    def _take(self, origin: Origin, start: int, end: int, line: Line, batch: Batch, monotonic: float) -> None:
        """One line of any kind."""
        moment, _, partial, content = line
        stream = self._stream(line)
        if stream.partial:
            stream.content += content
            stream.extend(origin, start, end, monotonic)
            stream.partial = partial and len(stream.content) < LONGEST_RECORD
            if not stream.partial:
                self._complete(stream, batch)
            return
        if stream.filled:
            if not partial and self._joins and stream.goes_on(content):
                stream.extend(origin, start, end, monotonic)
                return
            self._release(stream, batch)
        stream.open(origin, start, end, moment, content, monotonic)
        stream.partial = partial
        if not partial:
            self._complete(stream, batch)

    def _complete(self, stream: Held, batch: Batch) -> None:
        """The held line is whole: wait for lines that continue it, if there can be any."""
        if self._joins and stream.content[:1] != b"{":
            stream.rule.starts(stream.content)
        else:
            self._release(stream, batch)

    def _release(self, stream: Held, batch: Batch) -> None:
        origin, start, length, content = stream.close()
        self.documents.emit(origin.key, start, length, stream.time, content, stream.ending, batch)

    def flush(self, batch: Batch, monotonic: float, *, force: bool = False) -> None:
        """Emit what has waited long enough (all of it with `force`)."""
        for stream in self._streams.values():
            if stream.is_due(monotonic) or (force and stream.filled):
                self._cut(stream, batch)

    def will_end(self, origin: Origin) -> None:
        """No more will come from this file: what is held of it ends here, also when it is read again. `end` comes next."""
        for stream in self._streams.values():
            if stream.filled and stream.origin is origin:
                origin.remember_cut(stream.end)

    def end(self, origin: Origin, batch: Batch) -> None:
        """Emit what is held of a file of which no more will come."""
        for stream in self._streams.values():
            if stream.filled and stream.origin is origin:
                self._cut(stream, batch)

    def _cut(self, stream: Held, batch: Batch) -> None:
        """End a record though more of it may come, and remember where."""
        assert stream.origin is not None
        stream.origin.remember_cut(stream.end)
        batch.cut = True
        self._release(stream, batch)

    @property
    def holding(self) -> bool:
        return any(stream.filled for stream in self._streams.values())

    def mark(self, origin: Origin, position: int) -> Mark:
        """How far everything of a file is out, given that it was read up to `position`."""
        if not self.holding:
            return Mark(position)
        resumes = {stream.name: stream.resumes_at(origin, position) for stream in self._streams.values()}
        offset = min(resumes.values())
        return Mark(offset, {name: at for name, at in resumes.items() if at > offset})
