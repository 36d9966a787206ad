"""From lines to items: partial lines joined per stream, traces put together, bodies parsed, documents serialised.

One assembler per container (or per plain file), because a partial line may end in the file that follows a rotation. `_feed_cri` is the hot
path: a dozen operations a line, no objects per record, metadata serialised once per file; everything unusual leaves it for `_take`.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final, Protocol

import orjson

from logship.parse import level as levels
from logship.parse.body import parse_json, parse_logfmt
from logship.parse.container import Line, parse_cri, parse_docker
from logship.parse.multiline import MAX_BYTES, MAX_LINES, Rule
from logship.record import Batch

HOLD_S: Final = 0.3
"""A record waits this long for a line that continues it."""
PARTIAL_HOLD_S: Final = 10.0
"""A partial line waits longer for its rest: the writer has stopped in the middle of a line, or has died."""
LONGEST_RECORD: Final = 8 * 1024 * 1024
_MAY_CONTINUE: Final = frozenset(bytes([byte]) for byte in b" \tC\rabcdefghijklmnopqrstuvwxyz") | {b""}
"""First bytes of lines that may belong to the record before them (outside a trace that takes everything)."""


class Origin(Protocol):
    """The file a line came from."""

    key: bytes
    """Beginning of its document ids."""


class _Stream:
    """One output stream of a container: what every record of it ends with, and the record that may go on."""

    __slots__ = (
        "content",
        "end",
        "ending",
        "filled",
        "more",
        "origin",
        "partial",
        "rule",
        "size",
        "start",
        "time",
        "touched",
    )

    def __init__(self, ending: bytes, kinds: frozenset[str]) -> None:
        self.ending = ending
        self.rule = Rule(kinds)
        self.filled = self.partial = False
        self.origin: Origin | None = None
        self.start = self.end = self.size = 0
        self.time = self.content = b""
        self.more: list[bytes] = []
        self.touched = 0.0


class Assembler:
    """Builds the items of one container or file."""

    def __init__(
        self,
        *,
        shape: str,
        parser: str,
        multiline: frozenset[str],
        metadata: dict[str, Any],
        action: Callable[[str], bytes],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`shape` is cri, docker or plain; `parser` auto, json, logfmt or plain; `action(day)` begins the action line of a day."""
        self._shape, self._parser = shape, parser
        self._kinds = multiline
        self._now = now
        self._action = action
        self._day, self._head = b"", b""
        body = orjson.dumps(metadata)[1:-1]
        ending = (b"," + body if body else b"") + b"}\n"
        self._streams = {
            name: _Stream((b',"stream":"' + name + b'"' if name else b"") + ending, multiline)
            for name in (b"stdout", b"stderr", b"")
        }
        self.lines = 0
        self.malformed = 0
        self.by_level: dict[str | None, int] = defaultdict(int)

    def feed(self, origin: Origin, lines: list[bytes], offset: int, batch: Batch, monotonic: float) -> int:
        """Take complete lines that begin at `offset`; returns the offset behind them."""
        self.lines += len(lines)
        if self._shape == "cri":
            return self._feed_cri(origin, lines, offset, batch, monotonic)
        moment = self._read_time()
        for raw in lines:
            start = offset
            offset += len(raw) + 1
            if self._shape == "plain":
                line = Line(moment, b"", False, raw[:-1] if raw.endswith(b"\r") else raw)
            else:
                line = parse_docker(raw) or self._unparsed(raw)
            self._take(origin, start, offset, line, batch, monotonic)
        return offset

    def _feed_cri(self, origin: Origin, lines: list[bytes], offset: int, batch: Batch, monotonic: float) -> int:
        streams, emit, join = self._streams, self._emit, bool(self._kinds)
        for raw in lines:
            start = offset
            offset += len(raw) + 1
            try:
                moment, name, tag, content = raw.split(b" ", 3)
                stream = streams[name]
            except (ValueError, KeyError):
                self._take(origin, start, offset, parse_cri(raw) or self._unparsed(raw), batch, monotonic)
                continue
            if tag != b"F" or stream.partial or moment[-1] != 90:
                self._take(origin, start, offset, parse_cri(raw) or self._unparsed(raw), batch, monotonic)
                continue
            first = content[:1]
            if stream.filled:
                if (first in _MAY_CONTINUE or stream.rule.mode) and self._goes_on(stream, content):
                    stream.end, stream.touched = offset, monotonic
                    continue
                self._release(stream, batch)
            if first == b"{" or not join:
                emit(origin, start, offset, moment, content, stream.ending, batch)
                continue
            stream.filled, stream.origin, stream.start, stream.end = True, origin, start, offset
            stream.time, stream.content, stream.touched = moment, content, monotonic
            if first in b"Tpf":
                stream.rule.starts(content)
        return offset

    def _unparsed(self, raw: bytes) -> Line:
        self.malformed += 1
        return Line(self._read_time(), b"", False, raw)

    def _read_time(self) -> bytes:
        now = self._now()
        return b"%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)).encode(), int(now * 1000) % 1000)

    def _take(self, origin: Origin, start: int, end: int, line: Line, batch: Batch, monotonic: float) -> None:
        """One line of any kind."""
        moment, name, partial, content = line
        stream = self._streams.get(name) or self._streams[b""]
        if stream.partial:
            stream.content += content
            stream.end, stream.touched = end, monotonic
            stream.partial = partial and len(stream.content) < LONGEST_RECORD
            if not stream.partial:
                self._complete(stream, batch)
            return
        if stream.filled:
            if not partial and self._goes_on(stream, content):
                stream.end, stream.touched = end, monotonic
                return
            self._release(stream, batch)
        stream.filled, stream.partial, stream.origin = True, partial, origin
        stream.start, stream.end, stream.time, stream.content, stream.touched = start, end, moment, content, monotonic
        if not partial:
            self._complete(stream, batch)

    def _complete(self, stream: _Stream, batch: Batch) -> None:
        """The held line is whole: wait for lines that continue it, if there can be any."""
        if self._kinds and stream.content[:1] != b"{":
            stream.rule.starts(stream.content)
        else:
            self._release(stream, batch)

    def _goes_on(self, stream: _Stream, content: bytes) -> bool:
        if not self._kinds or len(stream.more) >= MAX_LINES or stream.size > MAX_BYTES:
            return False
        if not stream.rule.continues(content):
            return False
        stream.more.append(content)
        stream.size += len(content)
        return True

    def flush(self, batch: Batch, monotonic: float, *, force: bool = False) -> None:
        """Emit what has waited long enough (all of it with `force`)."""
        for stream in self._streams.values():
            if stream.filled:
                patience = PARTIAL_HOLD_S if stream.partial else HOLD_S
                if force or monotonic - stream.touched >= patience:
                    self._release(stream, batch)

    @property
    def holding(self) -> bool:
        return any(stream.filled for stream in self._streams.values())

    def mark(self, origin: Origin, position: int) -> int:
        """Up to where everything of a file is out, given that it was read up to `position`."""
        held = (stream.start for stream in self._streams.values() if stream.filled and stream.origin is origin)
        return min(held, default=position)

    # Documents

    def _release(self, stream: _Stream, batch: Batch) -> None:
        assert stream.origin is not None
        content = stream.content
        if stream.more:
            content = b"\n".join([content, *stream.more])
            stream.more, stream.size = [], 0
        stream.filled = stream.partial = False
        stream.rule.mode = 0
        self._emit(stream.origin, stream.start, stream.end, stream.time, content, stream.ending, batch)

    def _emit(
        self, origin: Origin, start: int, end: int, moment: bytes, content: bytes, ending: bytes, batch: Batch
    ) -> None:
        body = None
        if content[:1] == b"{":
            if self._parser in ("auto", "json"):
                body = parse_json(content)
        elif self._parser == "logfmt":
            body = parse_logfmt(content)
        if body is None:
            level = levels.in_text(content)
            message = orjson.dumps(content.decode("utf-8", "replace"))
            fields = b""
        else:
            text, level, time_, rest = body
            message = orjson.dumps(text)
            fields = b',"fields":%b' % orjson.dumps(rest) if rest else b""
            if time_ is not None:
                moment = time_.encode()
        self.by_level[level] += 1
        if moment[:10] != self._day:
            self._day = moment[:10]
            self._head = self._action(self._day.decode())
        item = b'%b"_id":"%b%010x%x"}}\n{"@timestamp":"%b","message":%b%b%b%b' % (
            self._head, origin.key, start, end - start, moment, message, fields, _LEVEL[level], ending,
        )  # fmt: skip
        batch.items.append(item)
        batch.size += len(item)


_LEVEL: Final[dict[str | None, bytes]] = {
    None: b"", **{name: b',"level":"%b"' % name.encode() for name in levels.LEVELS}
}  # fmt: skip


def action_for(index: str) -> Callable[[str], bytes]:
    """The beginning of the action line for an index name with `%Y`, `%m`, `%d`; the id follows."""

    def action(day: str) -> bytes:
        year, month, date = day[:4], day[5:7], day[8:10]
        name = index.replace("%Y", year).replace("%m", month).replace("%d", date)
        return b'{"create":{"_index":' + orjson.dumps(name) + b","

    return action
