"""From a record to its item: the body parsed, the document and its action line serialised.

The hot path of the shipper, one call a record: no objects, metadata serialised once per file, the beginning of the action line once per day.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final, Literal

import orjson

from logship.parse import level as levels
from logship.parse.body import parse_json, parse_logfmt
from logship.record import Batch

_LEVEL: Final[dict[str | None, bytes]] = {
    None: b"", **{name: b',"level":"%b"' % name.encode() for name in levels.LEVELS}
}  # fmt: skip


class Documents:
    """Writes the items of one container or file."""

    def __init__(
        self,
        parser: Literal["auto", "json", "logfmt", "plain"] | str,
        metadata: dict[str, Any],
        action: Callable[[str], bytes],
    ) -> None:
        """`action(day)` begins the action line of a day."""
        self._json, self._logfmt = parser in ("auto", "json"), parser == "logfmt"
        body = orjson.dumps(metadata)[1:-1]
        self._ending = (b"," + body if body else b"") + b"}\n"
        self._action = action
        self._day = self._head = b""
        self.by_level: dict[str | None, int] = defaultdict(int)

    def ending(self, stream: bytes) -> bytes:
        """What every document of an output stream ends with."""
        return (b',"stream":"' + stream + b'"' if stream else b"") + self._ending

    def emit(
        self, key: bytes, start: int, length: int, moment: bytes, content: bytes, ending: bytes, batch: Batch
    ) -> None:
        """One item more. Its id tells the file, the offset and how many bytes it was made of."""
        if content[:1] == b"{" and self._json:
            body = parse_json(content)
        else:
            body = parse_logfmt(content) if self._logfmt else None
        if body is None:
            level = levels.in_text(content)
            message, fields = orjson.dumps(content.decode("utf-8", "replace")), b""
        else:
            text, level, own_moment, rest = body
            message, fields = orjson.dumps(text), b',"fields":' + orjson.dumps(rest) if rest else b""
            if own_moment is not None:
                moment = own_moment.encode()
        self.by_level[level] += 1
        if not moment.startswith(self._day) or not self._day:
            self._day = moment[:10]
            self._head = self._action(self._day.decode()) + b'"_id":"'
        item = b'%b%b%010x%x"}}\n{"@timestamp":"%b","message":%b%b%b%b' % (
            self._head, key, start, length, moment, message, fields, _LEVEL[level], ending,
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
