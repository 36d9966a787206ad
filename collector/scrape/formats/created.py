"""`_created` lines of OpenMetrics text: when the series of a family began.

Such a line is no sample then but says something about the samples before it: to those of its own family block that have the same labels, apart
from `le` and `quantile`, when no other `_created` line stands between. Source: the behaviour of Prometheus 3.5.
"""

from typing import Final, TypeAlias

from collector.scrape.page import Pairs

SUFFIX: Final = "_created"
_TYPES: Final = {"counter", "histogram", "summary"}
_Identity: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]


class CreatedLines:
    """Collects `created_ms` by sample while a page is read."""

    def __init__(self) -> None:
        self.created_ms: dict[int, int] = {}
        self._family = ""
        self._waiting: list[tuple[int, _Identity]] = []
        self._last: tuple[_Identity, int] | None = None

    def metadata(self, family: str) -> None:
        """A metadata line: another block begins."""
        self._family = family
        self._waiting, self._last = [], None

    def take(self, index: int, pairs: Pairs, kind: str, value: float) -> bool:
        """Look at the line of sample `index`. True: it tells about other samples and is none itself."""
        if kind not in _TYPES:
            return False
        name = next(text for label, text in pairs if label == "__name__")
        rest = tuple(pair for pair in pairs if pair[0] not in ("__name__", "le", "quantile"))
        if name.endswith(SUFFIX):
            self._tell((name.removesuffix(SUFFIX), rest), int(value * 1000) if abs(value) < 2**53 else 0)
            return True
        identity = (name[: len(self._family)], rest)
        if self._last is not None and self._last[0] == identity:
            self.created_ms[index] = self._last[1]
        else:
            self._last = None
            self._waiting.append((index, identity))
        return False

    def _tell(self, identity: _Identity, created_ms: int) -> None:
        if self._waiting:  # the sample before the line decides whether it goes for those behind it as well
            self._last = (identity, created_ms) if created_ms and self._waiting[-1][1] == identity else None
            found = [index for index, waiting in self._waiting if waiting == identity]
            self.created_ms.update(dict.fromkeys(found, created_ms) if created_ms else {})
        self._waiting = []
