"""What was told, and every attempt to tell it, in SQLite: survives restarts, searchable, cleaned by age.

`told` is the notification log that keeps a restart from repeating or forgetting; `attempts` is the history that people search. Writes are
collected and committed together a twentieth of a second later by one thread; a `kill -9` in that moment can repeat a message, never lose one.
Tables: docs/formats/notifications.md.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from alerting.decide import Told
from alerting.delivery.destination import Attempt

_COMMIT_AFTER_S = 0.05
_MAX_BODY_CHARS = 64_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS told (
    group_key TEXT NOT NULL, integration TEXT NOT NULL, at REAL NOT NULL, firing TEXT NOT NULL, resolved TEXT NOT NULL,
    PRIMARY KEY (group_key, integration)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, receiver TEXT NOT NULL, integration TEXT NOT NULL, kind TEXT NOT NULL,
    number INTEGER NOT NULL, seconds REAL NOT NULL, ok INTEGER NOT NULL, error TEXT NOT NULL, error_reason TEXT NOT NULL,
    retryable INTEGER NOT NULL, answer TEXT NOT NULL, body TEXT NOT NULL, groups TEXT NOT NULL, alerts TEXT NOT NULL,
    search TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_at ON attempts (at);
CREATE TABLE IF NOT EXISTS attempt_alerts (
    fingerprint TEXT NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (fingerprint, attempt)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_alerts_attempt ON attempt_alerts (attempt);
"""
_INSERT_ATTEMPT = """INSERT INTO attempts
    (at, receiver, integration, kind, number, seconds, ok, error, error_reason, retryable, answer, body, groups, alerts, search)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; empty fields do not restrict. Times are seconds since 1970."""

    receiver: str = ""
    fingerprint: str = ""
    text: str = ""
    result: str = ""
    since: float = 0.0
    until: float = 0.0
    limit: int = 100
    offset: int = 0


class Journal:
    """Open it, read `told`, append; `close` writes the rest."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._told: dict[tuple[str, str], Told] = {}
        self._attempts: list[Attempt] = []
        self._timer: asyncio.TimerHandle | None = None

    def load_told(self) -> dict[tuple[str, str], Told]:
        """The notification log as it was left."""
        rows = self._database.execute("SELECT group_key, integration, at, firing, resolved FROM told")
        return {
            (group, integration): Told(at, frozenset(firing.split()), frozenset(resolved.split()))
            for group, integration, at, firing, resolved in rows
        }

    def note_told(self, group_key: str, integration: str, told: Told) -> None:
        """Remember what a destination was told."""
        self._told[group_key, integration] = told
        self._schedule()

    def note_attempt(self, attempt: Attempt) -> None:
        """Remember an attempt."""
        self._attempts.append(attempt)
        self._schedule()

    async def search(self, wanted: Search) -> tuple[int, list[dict[str, Any]]]:
        """How many attempts there are in all, and one page of them, newest first."""
        await self.flush()
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._search, wanted)

    async def collect_garbage(self, told_before: float, attempts_before: float) -> None:
        """Forget what is older."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._delete, told_before, attempts_before)

    async def flush(self) -> None:
        """Write what is collected; returns when it is committed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        told, attempts = self._told, self._attempts
        self._told, self._attempts = {}, []
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, told, attempts)

    async def close(self) -> None:
        await self.flush()
        self._thread.shutdown()
        self._database.close()

    def _schedule(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_COMMIT_AFTER_S, self._commit)

    def _commit(self) -> None:
        self._timer = None
        told, attempts = self._told, self._attempts
        self._told, self._attempts = {}, []
        self._thread.submit(self._write, told, attempts)

    def _write(self, told: dict[tuple[str, str], Told], attempts: list[Attempt]) -> None:
        if not told and not attempts:
            return
        with self._database as database:
            database.executemany(
                "INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?)",
                [
                    (group, integration, one.at, " ".join(sorted(one.firing)), " ".join(sorted(one.resolved)))
                    for (group, integration), one in told.items()
                ],
            )
            for attempt in attempts:
                number = database.execute(_INSERT_ATTEMPT, _row(attempt)).lastrowid
                fingerprints = {alert.Fingerprint for one in attempt.notifications for alert in one.Alerts}
                database.executemany(
                    "INSERT OR IGNORE INTO attempt_alerts VALUES (?, ?)", [(each, number) for each in fingerprints]
                )

    def _search(self, wanted: Search) -> tuple[int, list[dict[str, Any]]]:
        conditions, values = _conditions(wanted)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        count = self._database.execute(f"SELECT count(*) FROM attempts {where}", values).fetchone()[0]  # noqa: S608
        names = (
            "id at receiver integration kind number seconds ok error error_reason retryable answer body groups alerts"
        )
        rows = self._database.execute(
            f"SELECT {names.replace(' ', ', ')} FROM attempts {where} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608
            [*values, wanted.limit, wanted.offset],
        )
        return count, [dict(zip(names.split(), row, strict=True)) for row in rows]

    def _delete(self, told_before: float, attempts_before: float) -> None:
        with self._database as database:
            database.execute("DELETE FROM told WHERE at < ?", (told_before,))
            old = "SELECT id FROM attempts WHERE at < ?"
            database.execute(f"DELETE FROM attempt_alerts WHERE attempt IN ({old})", (attempts_before,))  # noqa: S608
            database.execute("DELETE FROM attempts WHERE at < ?", (attempts_before,))


def _conditions(wanted: Search) -> tuple[list[str], list[Any]]:
    pairs: list[tuple[str, Any]] = []
    if wanted.receiver:
        pairs.append(("receiver = ?", wanted.receiver))
    if wanted.fingerprint:
        pairs.append(("id IN (SELECT attempt FROM attempt_alerts WHERE fingerprint = ?)", wanted.fingerprint))
    if wanted.text:
        escaped = wanted.text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        pairs.append(("search LIKE ? ESCAPE '\\'", f"%{escaped}%"))
    if wanted.result:
        pairs.append(("ok = ?", wanted.result == "success"))
    if wanted.since:
        pairs.append(("at >= ?", wanted.since))
    if wanted.until:
        pairs.append(("at < ?", wanted.until))
    return [condition for condition, _ in pairs], [value for _, value in pairs]


def _row(attempt: Attempt) -> tuple[Any, ...]:
    groups = [
        {"key": one.group_key, "reason": one.reason.value, "status": one.Status, "labels": one.GroupLabels}
        for one in attempt.notifications
    ]
    alerts = [
        {"fingerprint": alert.Fingerprint, "status": alert.Status, "labels": alert.Labels}
        for one in attempt.notifications
        for alert in one.Alerts
    ]
    texts = [attempt.receiver, attempt.kind, attempt.error, *(one.group_key for one in attempt.notifications)]
    texts += [f"{name}={value}" for alert in alerts for name, value in alert["labels"].items()]  # type: ignore[attr-defined]
    return (
        attempt.at,
        attempt.receiver,
        attempt.integration,
        attempt.kind,
        attempt.number,
        attempt.seconds,
        not attempt.error,
        attempt.error,
        attempt.error_reason,
        attempt.retryable,
        attempt.answer,
        attempt.body[:_MAX_BODY_CHARS],
        orjson.dumps(groups).decode(),
        orjson.dumps(alerts).decode(),
        " ".join(texts).lower(),
    )
