"""Moments as Go writes them in JSON (RFC 3339 with up to nine decimals)."""

import re
from datetime import UTC, datetime


def parse_moment(text: str) -> int:
    """Milliseconds since the epoch; 0 for an empty, unreadable or zero time."""
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text)
    try:
        moment = datetime.fromisoformat(trimmed)
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(round(moment.timestamp() * 1000), 0)


def format_moment(milliseconds: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
