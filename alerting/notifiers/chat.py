"""What chats of people have in common: a title, a text, a size limit, and a digest when there is more to say than may be said."""

from collections.abc import Sequence
from typing import Any

import orjson

from alerting.notifiers.context import Context
from alerting.notifiers.packing import pack
from alerting.notifiers.registry import Message, RateLimit
from alerting.templates.data import Notification

_ROOM_FOR_COUNTER = 16


class ChatNotifier:
    """Base of chats. A subclass gives `limit`, `envelope` and `send`."""

    limit_bytes = 20_000
    default_rate = RateLimit()

    def __init__(self, config: Any, context: Context, robot: str) -> None:
        self.config, self.context, self.robot = config, context, robot
        self.rate_limit: RateLimit = config.rate_limit or self.default_rate

    def envelope(self, title: str, text: str, notifications: Sequence[Notification]) -> dict[str, Any]:
        """The body of one message."""
        raise NotImplementedError

    def title(self, notification: Notification) -> str:
        return self.context.render(self.config.title, notification).strip()

    def text(self, notification: Notification) -> str:
        return self.context.render(self.config.text, notification).strip()

    def heading(self, title: str) -> str:
        """A title inside of a digest."""
        return f"**{title}**\n\n"

    def compose(self, notifications: Sequence[Notification]) -> list[Message]:
        """One message each when it fits; several notifications become a digest."""
        titles = [self.title(one) for one in notifications]
        texts = [self.text(one) for one in notifications]
        if len(notifications) > 1:
            title = digest_title(notifications)
            texts = [self.heading(each) + text for each, text in zip(titles, texts, strict=True)]
        else:
            title = titles[0]
        frame = orjson.dumps(self.envelope(title, "", notifications))
        limit = max(1000, self.limit_bytes - len(frame) - 2 * len(title.encode()) - _ROOM_FOR_COUNTER)
        packed = pack(texts, limit, _size)
        messages = []
        for number, (parts, text) in enumerate(packed, 1):
            shown = title if len(packed) == 1 else f"{title} ({number}/{len(packed)})"
            body = orjson.dumps(self.envelope(shown, text, [notifications[part] for part in parts])).decode()
            messages.append(Message(body, parts))
        return messages


def _size(text: str) -> int:
    return len(orjson.dumps(text))


def digest_title(notifications: Sequence[Notification]) -> str:
    """`🔥 40 groups: 120 firing, 3 resolved`."""
    firing = sum(len(one.Alerts.Firing()) for one in notifications)
    resolved = sum(len(one.Alerts.Resolved()) for one in notifications)
    counts = [f"{count} {word}" for count, word in ((firing, "firing"), (resolved, "resolved")) if count]
    return f"{'🔥' if firing else '✅'} {len(notifications)} groups: {', '.join(counts)}"
