"""Keeps readers and the one who changes what they rely on apart."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Many readers at a time, or nobody. A reader never waits for another one, and must not enter twice."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Wait while the gate is closed."""
        with self._changed:
            while self._closed:
                self._changed.wait()
            self._inside += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def reading_at_once(self) -> Iterator[bool]:
        """As `reading`, but when the gate is closed False, and nobody has entered."""
        with self._changed:
            inside = not self._closed
            self._inside += inside
        try:
            yield inside
        finally:
            if inside:
                self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._inside -= 1
            if not self._inside:
                self._changed.notify_all()

    @contextmanager
    def closed(self, patience_s: float) -> Iterator[bool]:
        """Let nobody in and wait for those inside; False when they take longer than one may wait: the gate is then open again."""
        with self._changed:
            self._closed = True
            empty = self._changed.wait_for(lambda: not self._inside, patience_s)
            if not empty:
                self._open()
        try:
            yield empty
        finally:
            with self._changed:
                self._open()

    def _open(self) -> None:
        self._closed = False
        self._changed.notify_all()
