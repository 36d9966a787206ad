"""Following one container or file through its rotations.

A *tail* is one open file, known by its identity. A *chain* is what people call "the log": the live file and its rotated siblings, read oldest first, so that
order and half lines survive a rotation. Renamed: the tail keeps reading until nothing more comes, then its successor is next. Copied and
truncated: the copy has the first line of a file already known, so reading goes on in the copy where the original stopped.
"""

import logging
import os
from dataclasses import dataclass, replace
from typing import Final

from logship.assemble import Assembler
from logship.checkpoint import Checkpoints
from logship.held import Mark, Resume
from logship.identity import Identity, head_of
from logship.inputs.discovery import Found
from logship.record import Batch

logger = logging.getLogger(__name__)

BLOCK_BYTES: Final = 512 * 1024
LONGEST_LINE: Final = 4 * 1024 * 1024
GRACE_S: Final = 5.0
"""How long a rotated file stays open after its last line: the writer may not have reopened yet."""


class Tail:
    """One open file. Read by the reader thread; `delivered` is called by the sender thread."""

    def __init__(self, path: str, fd: int, device: int, inode: int, checkpoints: Checkpoints) -> None:
        self.path, self.fd, self.device, self.inode = path, fd, device, inode
        self._checkpoints = checkpoints
        self.identity: Identity | None = None
        self.key = b""
        self.position = 0
        self.acknowledged = 0
        self.size = 0
        self.changed_ns = 0
        self.quiet_since = 0.0
        self.gone = False
        self.resume: Resume | None = None

    @property
    def open(self) -> bool:
        return self.fd >= 0

    def settle(self, identity: Identity, offset: int, resume: Resume | None = None) -> None:
        self.identity, self.key = identity, identity.key.encode()
        self.position = self.acknowledged = offset
        self.resume = resume

    def delivered(self, mark: Mark) -> None:
        """Everything before the mark has arrived."""
        identity = self.identity
        if identity is None:
            return
        self.acknowledged = mark.offset
        if self.gone and not self.open and mark.offset >= self.position:
            self._checkpoints.forget(identity)
        else:
            self._checkpoints.set(identity, self.path, mark)

    def remember_cut(self, offset: int) -> None:
        """A record ends at `offset`, also when it is read again."""
        if self.identity is not None:
            self._checkpoints.cut(self.identity, offset)

    def read(self) -> list[bytes]:
        """The next complete lines; they begin at `position`, which the caller moves."""
        want = BLOCK_BYTES
        while True:
            data = os.pread(self.fd, want, self.position)
            end = data.rfind(b"\n")
            if end >= 0:
                return data[:end].split(b"\n")
            if len(data) < want:
                return []
            if want >= LONGEST_LINE:
                logger.warning("Line cut", extra={"file": self.path, "bytes": len(data)})
                return [data[:-1]]
            want = LONGEST_LINE

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@dataclass(slots=True)
class Loss:
    """What could not be read, by reason."""

    truncated_files: int = 0


class Chain:
    """The live file and its siblings."""

    def __init__(self, found: Found, assembler: Assembler, checkpoints: Checkpoints, *, from_end: bool) -> None:
        self.real = found.real
        self.assembler = assembler
        self.tails: list[Tail] = []
        self.loss = Loss()
        self._checkpoints = checkpoints
        self._from_end = from_end
        self._emptied: list[Tail] = []
        """Truncated files of which something may be held."""
        self.behind_since: float | None = None

    def update(self, found: Found | None, owned: set[tuple[int, int]]) -> None:
        """Take note of the files there are now. `owned`: files other chains read."""
        paths = (*found.siblings, found.real) if found else ()
        for known in list(self.tails):  # first, so that a copy of what was truncated is recognised
            if known.open and known.identity is not None:
                info = os.fstat(known.fd)
                if (info.st_size, info.st_mtime_ns) != (known.size, known.changed_ns):
                    self._same_or_fresh(known, info.st_size)
        seen: set[tuple[int, int]] = set()
        for path in paths:
            try:
                info = os.stat(path)
            except OSError:
                continue
            file = (info.st_dev, info.st_ino)
            tail = next((t for t in self.tails if (t.device, t.inode) == file and not t.gone), None)
            if tail is not None:
                tail.path = path
                if not tail.open and info.st_size > tail.position:
                    self._reopen(tail)
            elif file not in owned:
                tail = self._open(path)
                if tail is None:
                    continue
            seen.add(file)
        for tail in self.tails:
            if (tail.device, tail.inode) not in seen:
                tail.gone = True
        live = next((tail for tail in self.tails if tail.path == self.real and not tail.gone), None)
        if live is not None and self.tails[-1] is not live:
            self.tails.remove(live)
            self.tails.append(live)

    def _open(self, path: str) -> Tail | None:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            logger.warning("Cannot open", extra={"file": path, "reason": str(error)})
            return None
        info = os.fstat(fd)
        tail = Tail(path, fd, info.st_dev, info.st_ino, self._checkpoints)
        if path != self.real and self._is_copy_of_live(tail):
            tail.close()
            return None
        self.tails.append(tail)
        self._identify(tail, info.st_size)
        return tail

    def _reopen(self, tail: Tail) -> None:
        tail.fd = os.open(tail.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)

    def _is_copy_of_live(self, tail: Tail) -> bool:
        """Whether a sibling is a copy of the file now being read (a backup, or copytruncate half done)."""
        head = head_of(tail.fd)
        live = next(
            (t for t in self.tails if t.open and t.identity and t.identity.head == head and t.path == self.real), None
        )
        if head is None or live is None:
            return False
        end = min(os.fstat(tail.fd).st_size, os.fstat(live.fd).st_size)
        at = max(0, end - 4096)
        return os.pread(tail.fd, end - at, at) == os.pread(live.fd, end - at, at)

    def _identify(self, tail: Tail, size: int) -> None:
        """Find out who a file is and where to go on; waits when it has no line yet."""
        head = head_of(tail.fd)
        if head is None or (tail.path != self.real and self._is_copy_of_live(tail)):
            return
        known = self._checkpoints.known(tail.device, tail.inode, head)
        if known is None and tail.path != self.real:
            taken = {other.identity for other in self.tails if other.identity is not None}
            known = self._checkpoints.by_head(head, {self.real, tail.path}, taken)
        if known is not None:
            identity, offset, resume = known
            if offset > size:
                identity, offset, resume = replace(identity, generation=identity.generation + 1), 0, None
            tail.settle(identity, offset, resume)
            return
        identity, offset = (
            Identity(tail.device, tail.inode, head),
            size if self._from_end and tail.path == self.real else 0,
        )
        tail.settle(identity, offset)
        self._checkpoints.set(identity, tail.path, Mark(offset))

    def read(self, batch: Batch, monotonic: float, budget: int) -> int:
        """Read up to about `budget` bytes; returns how many were read."""
        total = 0
        self._end_emptied(batch)
        for at in range(len(self.tails)):
            if self.tails[at].open:
                total += self._read_tail(self.tails[at], batch, monotonic, budget - total)
                tail = self.tails[at]
                if total >= budget:
                    break
                behind = tail.identity is not None and tail.position < tail.size
                if behind and at < len(self.tails) - 1 and not self._abandoned(tail, monotonic):
                    break
        self._close_finished(monotonic)
        return total

    def _end_emptied(self, batch: Batch) -> None:
        """What is held of a truncated file goes out as it is; its copy, read from the last delivery on, ends that record there too."""
        while self._emptied:
            self.assembler.end(self._emptied.pop(), batch)

    def _abandoned(self, tail: Tail, monotonic: float) -> bool:
        """A rotated file that ends in half a line nobody continues must not hold up its successors."""
        return tail.quiet_since > 0 and monotonic - tail.quiet_since > 1.0

    def _read_tail(self, tail: Tail, batch: Batch, monotonic: float, budget: int) -> int:
        info = os.fstat(tail.fd)
        size, changed_ns = info.st_size, info.st_mtime_ns
        if (size, changed_ns) != (tail.size, tail.changed_ns) or tail.quiet_since == 0:
            tail = self._same_or_fresh(tail, size)
            tail.quiet_since = monotonic
        self._end_emptied(batch)
        tail.size, tail.changed_ns = size, changed_ns
        if tail.identity is None:
            return 0
        read = 0
        while read < budget and tail.position < size:
            lines = tail.read()
            if not lines:
                break
            before = tail.position
            tail.position = self.assembler.feed(tail, lines, before, batch, monotonic)
            read += tail.position - before
        if read:
            self._mark(batch)
        return read

    def _mark(self, batch: Batch) -> None:
        """The batch carries how far each file is; also those read before, whose last record may have ended only now."""
        for tail in self.tails:
            if tail.identity is not None and tail.position > tail.acknowledged:
                batch.marks[tail] = self.assembler.mark(tail, tail.position)

    def _same_or_fresh(self, tail: Tail, size: int) -> Tail:
        """The tail itself; a fresh one in its place when the file was emptied and written anew."""
        if tail.identity is None:
            self._identify(tail, size)
            return tail
        head = head_of(tail.fd)
        if size >= tail.position and (head == tail.identity.head or head is None):
            return tail
        self.loss.truncated_files += 1
        logger.info("File was truncated", extra={"file": tail.path, "read": tail.position, "size": size})
        old = tail.identity
        generation = old.generation + 1 if head == old.head else 0
        fresh = Tail(tail.path, tail.fd, tail.device, tail.inode, self._checkpoints)
        tail.fd = -1
        self.tails[self.tails.index(tail)] = fresh
        self._checkpoints.move(old, self.real)
        self.assembler.will_end(tail)
        self._emptied.append(tail)
        if head is not None:
            fresh.settle(Identity(old.device, old.inode, head, generation), 0)
        return fresh

    def _close_finished(self, monotonic: float) -> None:
        for tail in list(self.tails):
            last = tail is self.tails[-1] and not tail.gone
            if last or not tail.open or tail.position < tail.size:
                continue
            if tail.quiet_since and monotonic - tail.quiet_since > GRACE_S:
                tail.close()
                if tail.gone and tail.acknowledged >= tail.position and tail.identity is not None:
                    self._checkpoints.forget(tail.identity)
        self.tails = [tail for tail in self.tails if tail.open or not tail.gone]

    def flush(self, batch: Batch, monotonic: float, *, force: bool = False) -> None:
        """Let records go that waited for more lines."""
        if self.assembler.holding:
            self.assembler.flush(batch, monotonic, force=force)
            self._mark(batch)

    @property
    def finished(self) -> bool:
        """Nothing is left to read or to wait for."""
        return not self.tails and not self.assembler.holding

    def lag_bytes(self) -> int:
        return sum(max(0, tail.size - tail.acknowledged) for tail in self.tails if tail.identity is not None)

    def close(self) -> None:
        for tail in self.tails:
            tail.close()
