"""The alerts the service knows, by labels."""

from collections.abc import Iterable, Iterator

from alerting.alert import Alert, Fingerprint, Series, merge
from pharos.labels import LabelSet


class AlertStore:
    """Series by labels; in the order of fingerprints when somebody pages through them."""

    def __init__(self) -> None:
        self._series: dict[LabelSet, Series] = {}
        self._sorted: list[Series] | None = None

    def put(self, alerts: Iterable[tuple[LabelSet, Alert]]) -> list[Series]:
        """Take statements in; the series they are about."""
        known = self._series
        out = []
        for key, alert in alerts:
            series = known.get(key)
            if series is None:
                series = known[key] = Series(key, alert)
                self._sorted = None
            else:
                series.alert = merge(series.alert, alert)
            out.append(series)
        return out

    def collect_garbage(self, now: float) -> list[Series]:
        """Forget what is over; returns what was forgotten."""
        gone = [series for series in self._series.values() if series.alert.resolved(now)]
        for series in gone:
            del self._series[series.key]
        if gone:
            self._sorted = None
        return gone

    def ordered(self) -> list[Series]:
        """All series by fingerprint."""
        if self._sorted is None:
            self._sorted = sorted(self._series.values(), key=lambda series: series.fingerprint)
        return self._sorted

    def find(self, fingerprint: Fingerprint) -> Series | None:
        return next((series for series in self._series.values() if series.fingerprint == fingerprint), None)

    def __iter__(self) -> Iterator[Series]:
        return iter(self._series.values())

    def __len__(self) -> int:
        return len(self._series)
