"""From lines to items: partial lines joined per stream, traces put together, bodies parsed, documents serialised.

One assembler per container (or per plain file), because a partial line may end in the file that follows a rotation. This is the hot
path: a dozen operations a line, no objects per record, metadata serialised once per file.
"""

import time
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


class Origin(Protocol):
    """The file a line came from."""

    key: bytes
    """Beginning of its document ids."""


class _Held:
    """A record that may go on."""

    __slots__ = ("count", "end", "lines", "origin", "partial", "size", "start", "stream", "time", "touched")

    def __init__(self, origin: Origin, start: int, end: int, time_: bytes, stream: bytes, content: bytes) -> None:
        self.origin, self.start, self.end, self.time, self.stream = origin, start, end, time_, stream
        self.lines, self.size, self.count, self.partial = [content], len(content), 1, False
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
        self._day, self._head = "", b""
        body = orjson.dumps(metadata)[1:-1]
        self._tails = {
            stream: (b',"stream":"' + stream + b'"' if stream else b"") + (b"," + body if body else b"") + b"}\n"
            for stream in (b"stdout", b"stderr", b"")
        }
        self._rules: dict[bytes, Rule] = {}
        self._held: dict[bytes, _Held] = {}
        self.lines = 0
        self.malformed = 0
        self.by_level: dict[str, int] = {}

    def feed(self, origin: Origin, lines: list[bytes], offset: int, batch: Batch, monotonic: float) -> int:
        """Take complete lines that begin at `offset`; returns the offset behind them."""
        self.lines += len(lines)
        if self._shape == "plain":
            return self._feed_plain(origin, lines, offset, batch, monotonic)
        parse = parse_cri if self._shape == "cri" else parse_docker
        for raw in lines:
            start = offset
            offset += len(raw) + 1
            line = parse(raw)
            if line is None:
                line = self._unparsed(raw)
            self._take(origin, start, offset, line, batch, monotonic)
        return offset

    def _unparsed(self, raw: bytes) -> Line:
        self.malformed += 1
        return Line(self._read_time(), b"", False, raw)

    def _read_time(self) -> bytes:
        now = self._now()
        return b"%s.%03dZ" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)).encode(), int(now * 1000) % 1000)

    def _feed_plain(self, origin: Origin, lines: list[bytes], offset: int, batch: Batch, monotonic: float) -> int:
        moment = self._read_time()
        for raw in lines:
            start = offset
            offset += len(raw) + 1
            content = raw[:-1] if raw.endswith(b"\r") else raw
            self._take(origin, start, offset, Line(moment, b"", False, content), batch, monotonic)
        return offset

    def _take(self, origin: Origin, start: int, end: int, line: Line, batch: Batch, monotonic: float) -> None:
        moment, stream, partial, content = line
        held = self._held.get(stream)
        if held is not None and held.partial:
            held.lines[-1] += content
            held.size += len(content)
            held.end, held.partial, held.touched = end, partial and held.size < LONGEST_RECORD, monotonic
            if not held.partial:
                self._completed(stream, held, batch)
            return
        if held is not None:
            if (
                not partial
                and held.count < MAX_LINES
                and held.size < MAX_BYTES
                and self._rules[stream].continues(content)
            ):
                held.lines.append(content)
                held.size += len(content) + 1
                held.count += 1
                held.end, held.touched = end, monotonic
                return
            self._emit(held, batch)
            del self._held[stream]
        if not partial and not self._kinds:
            self._emit_one(origin, start, end, moment, stream, content, batch)
            return
        fresh = self._held[stream] = _Held(origin, start, end, moment, stream, content)
        fresh.partial, fresh.touched = partial, monotonic
        if not partial:
            self._rule(stream).starts(content)

    def _rule(self, stream: bytes) -> Rule:
        rule = self._rules.get(stream)
        if rule is None:
            rule = self._rules[stream] = Rule(self._kinds)
        return rule

    def _completed(self, stream: bytes, held: _Held, batch: Batch) -> None:
        """The last piece of a partial line has come."""
        if self._kinds:
            self._rule(stream).starts(held.lines[0])
        else:
            self._emit(held, batch)
            del self._held[stream]

    def flush(self, batch: Batch, monotonic: float, *, force: bool = False) -> None:
        """Emit what has waited long enough (all of it with `force`)."""
        for stream, held in list(self._held.items()):
            patience = PARTIAL_HOLD_S if held.partial else HOLD_S
            if force or monotonic - held.touched >= patience:
                self._emit(held, batch)
                del self._held[stream]

    @property
    def holding(self) -> bool:
        return bool(self._held)

    def mark(self, origin: Origin, position: int) -> int:
        """Up to where everything of a file is out, given that it was read up to `position`."""
        return min((held.start for held in self._held.values() if held.origin is origin), default=position)

    # Documents

    def _emit(self, held: _Held, batch: Batch) -> None:
        content = held.lines[0] if len(held.lines) == 1 else b"\n".join(held.lines)
        self._emit_one(held.origin, held.start, held.end, held.time, held.stream, content, batch)

    def _emit_one(
        self, origin: Origin, start: int, end: int, moment: bytes, stream: bytes, content: bytes, batch: Batch
    ) -> None:
        body = None
        first = content[:1]
        if first == b"{" and self._parser in ("auto", "json"):
            body = parse_json(content)
        elif self._parser == "logfmt":
            body = parse_logfmt(content)
        extra = b""
        if body is not None:
            message, level = orjson.dumps(body.message), body.level
            if body.time is not None:
                moment = body.time.encode()
            if body.fields:
                extra = b',"fields":' + orjson.dumps(body.fields)
        else:
            level = levels.in_text(content)
            message = orjson.dumps(content.decode("utf-8", "replace"))
        if level is not None:
            extra += b',"level":"%s"' % level.encode()
        self.by_level[level or "unknown"] = self.by_level.get(level or "unknown", 0) + 1
        day = moment[:10].decode()
        if day != self._day:
            self._day, self._head = day, self._action(day)
        item = b'%s"_id":"%s%010x%x"}}\n{"@timestamp":"%s","message":%s%s%s' % (
            self._head, origin.key, start, end - start, moment, message, extra, self._tails.get(stream, self._tails[b""]),
        )  # fmt: skip
        batch.items.append(item)
        batch.size += len(item)


def action_for(index: str) -> Callable[[str], bytes]:
    """The beginning of the action line for an index name with `%Y`, `%m`, `%d`; the id follows."""

    def action(day: str) -> bytes:
        year, month, date = day[:4], day[5:7], day[8:10]
        name = index.replace("%Y", year).replace("%m", month).replace("%d", date)
        return b'{"create":{"_index":' + orjson.dumps(name) + b","

    return action
