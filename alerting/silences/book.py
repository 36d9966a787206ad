"""All silences, or all acknowledgements, which are the same thing with another effect. Pure; what changes is returned for the caller to keep."""

from collections.abc import Iterator
from dataclasses import replace

from alerting.alert import Series
from alerting.silences.silence import Silence, SilenceError, check


class UnknownSilenceError(LookupError):
    """No silence has this id."""


class SilenceBook:
    """Silences by id. `version` changes with every change, so that answers can be remembered."""

    def __init__(self, retention_s: float, memo: str = "silences") -> None:
        """`memo` is the attribute of a series that remembers what matches it; two books need two."""
        self.version = 0
        self._memo = memo
        self._silences: dict[str, Silence] = {}
        self._retention_s = retention_s

    def restore(self, silence: Silence) -> None:
        """Take one in as it was kept."""
        self._silences[silence.id] = silence
        self.version += 1

    def set(self, wanted: Silence, new_id: str, now: float) -> tuple[Silence, list[Silence]]:
        """Create or change one; the silence and everything that is to be kept.

        A change that would rewrite history (other matchers, another start of what has begun) makes a new silence and expires the
        old one. Raises `SilenceError` and `UnknownSilenceError`.
        """
        check(wanted, now)
        old = self._silences.get(wanted.id)
        if wanted.id and old is None:
            raise UnknownSilenceError(wanted.id)
        changes: list[Silence] = []
        if old is not None and _may_update(old, wanted, now):
            silence = replace(wanted, updated_at=now)
        else:
            if old is not None and old.state(now) != "expired":
                changes.append(old.expired(now))
            silence = replace(wanted, id=new_id, starts_at=max(wanted.starts_at, now), updated_at=now)
        changes.append(silence)
        for change in changes:
            self.restore(change)
        return silence, changes

    def expire(self, id_: str, now: float) -> list[Silence]:
        """End one; what is to be kept. Raises `UnknownSilenceError`."""
        silence = self.get(id_)
        if silence.state(now) == "expired":
            return []
        self.restore(silence.expired(now))
        return [self._silences[id_]]

    def get(self, id_: str) -> Silence:
        """Raises `UnknownSilenceError`."""
        try:
            return self._silences[id_]
        except KeyError:
            raise UnknownSilenceError(id_) from None

    def collect_garbage(self, now: float) -> int:
        """Forget what has been over for longer than the retention; how many."""
        gone = [one.id for one in self._silences.values() if one.ends_at + self._retention_s < now]
        for id_ in gone:
            del self._silences[id_]
        self.version += bool(gone)
        return len(gone)

    def silenced_by(self, series: Series, now: float) -> tuple[str, ...]:
        """Ids of the active silences that match the alert."""
        if not self._silences:
            return ()
        known = getattr(series, self._memo)
        if known is None or known[0] != self.version:
            matching = [one for one in self._silences.values() if one.ends_at > now and one.matches(series.labels)]
            known = (self.version, matching)
            setattr(series, self._memo, known)
        return tuple(sorted(one.id for one in known[1] if one.state(now) == "active"))

    def __iter__(self) -> Iterator[Silence]:
        return iter(self._silences.values())

    def __len__(self) -> int:
        return len(self._silences)


def _may_update(old: Silence, new: Silence, now: float) -> bool:
    if old.matchers != new.matchers:
        return False
    state = old.state(now)
    if state == "active":
        return int(old.starts_at) == int(new.starts_at) and new.ends_at >= now
    return state == "pending" and new.starts_at >= now


def sort_key(silence: Silence, now: float) -> tuple[int, float]:
    """The order of lists: active ones by their end, pending ones by their start, expired ones latest first."""
    state = silence.state(now)
    if state == "active":
        return 0, silence.ends_at
    return (1, silence.starts_at) if state == "pending" else (2, -silence.ends_at)


__all__ = ["SilenceBook", "SilenceError", "UnknownSilenceError", "sort_key"]
