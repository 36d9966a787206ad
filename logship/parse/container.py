"""Container log lines: the CRI prefix by position, and docker's json-file. Pure."""

from typing import Final, NamedTuple

import orjson


class Line(NamedTuple):
    """One line of a container. `partial`: the rest follows in the next line of the same stream."""

    time: bytes
    stream: bytes
    partial: bool
    content: bytes


STREAMS: Final = (b"stdout", b"stderr")


def parse_cri(line: bytes) -> Line | None:
    """`<time> <stream> <tags> <content>`; None when it is not such a line. Tags are `:`-separated, the first is P or F."""
    parts = line.split(b" ", 3)
    if len(parts) < 3 or parts[1] not in STREAMS or parts[2][:1] not in (b"P", b"F"):
        return None
    time = parts[0]
    if time.endswith(b"+00:00"):
        time = time[:-6] + b"Z"
    return Line(time, parts[1], parts[2][:1] == b"P", parts[3] if len(parts) == 4 else b"")


def parse_docker(line: bytes) -> Line | None:
    """`{"log":"...\\n","stream":"stdout","time":"..."}`; without the newline the line is partial."""
    try:
        record = orjson.loads(line)
        text, stream, time = record["log"], record["stream"], record["time"]
    except (ValueError, KeyError, TypeError):
        return None
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else b""
    partial = not content.endswith(b"\n")
    return Line(str(time).encode(), str(stream).encode(), partial, content.rstrip(b"\r\n") if not partial else content)
