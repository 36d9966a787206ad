"""Documents the output refused for good: kept with the reason, so that they can be looked at and sent again.

`dead-letters.ndjson` in the storage folder, one JSON object a line: `{"time", "reason", "action", "document"}`. At 64 MB it becomes
`dead-letters.ndjson.1` (replacing the one before).
"""

import os
from pathlib import Path
from typing import Final

import orjson

LIMIT_BYTES: Final = 64 * 1024 * 1024


class DeadLetters:
    """Appends, synced: the checkpoint moves on only after this."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "dead-letters.ndjson"

    def add(self, refused: list[tuple[bytes, str]], now: str) -> None:
        """Keep items and reasons. Raises `OSError`, and then none of them stands in the file."""
        if self.path.exists() and self.path.stat().st_size > LIMIT_BYTES:
            os.replace(self.path, self.path.with_name(self.path.name + ".1"))
        lines = [_line(item, reason, now) for item, reason in refused]
        with open(self.path, "ab", buffering=0) as file:
            before = file.tell()
            try:
                data = memoryview(b"".join(lines))
                while data:
                    data = data[file.write(data) :]
                os.fdatasync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), before)
                raise


def _line(item: bytes, reason: str, now: str) -> bytes:
    action, _, document = item.partition(b"\n")
    text = document.rstrip(b"\n").decode("utf-8", "replace")
    return orjson.dumps({"time": now, "reason": reason, "action": orjson.loads(action), "document": text}) + b"\n"
