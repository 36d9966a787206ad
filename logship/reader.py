"""The reader: finds files, reads what is new, fills batches, hands them to the sender."""

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from logship.assemble import Assembler
from logship.checkpoint import Checkpoints
from logship.config import Config, ContainersInput, FilesInput
from logship.document import action_for
from logship.enrich.path import kubernetes_names
from logship.inputs.discovery import Folders, Found, discover, siblings
from logship.inputs.tail import Chain
from logship.metrics import ShipMetrics
from logship.record import Batch

logger = logging.getLogger(__name__)

DISCOVER_S: Final = 0.5
BATCH_AGE_S: Final = 0.5
"""While there is much to read small batches wait this long to become large ones."""
SAVE_S: Final = 0.5
FIGURES_S: Final = 2.0
SWEEP_S: Final = 60.0
COMPLAIN_S: Final = 60.0
TURN_BYTES: Final = 1024 * 1024
"""Most a file may give before the next one has its turn."""


class Reader:
    """The reader thread's work over all file inputs."""

    def __init__(
        self, config: Config, checkpoints: Checkpoints, out: "queue.Queue[Batch | None]", metrics: ShipMetrics
    ) -> None:
        self._config, self._checkpoints, self._out, self._metrics = config, checkpoints, out, metrics
        self._host = str(config.host) or socket.gethostname()
        self._folders = Folders()
        self._chains: dict[str, Chain] = {}
        self._labels: dict[str, tuple[str, str, str]] = {}
        self._batch = Batch()
        self._counted: dict[str, tuple[int, int, int, dict[str | None, int]]] = {}
        self.stopping = threading.Event()
        self._due = dict.fromkeys(("discover", "save", "complain", "figures", "sweep"), 0.0)

    def run(self) -> None:
        """Read until told to stop."""
        while not self.stopping.is_set():
            if not self.turn(time.monotonic()):
                self.stopping.wait(float(self._config.poll_interval))
        self._finish()

    def turn(self, monotonic: float) -> bool:
        """One look at everything; True when there was something to read."""
        if self._is_due("discover", DISCOVER_S, monotonic):
            self.discover()
        read = 0
        for chain in list(self._chains.values()):
            read += chain.read(self._batch, monotonic, TURN_BYTES)
            chain.flush(self._batch, monotonic)
            if self._batch.size >= self._config.batching.max_bytes:
                self._hand_over()
            if self.stopping.is_set():
                return False
        self._metrics.read_bytes.inc(read)
        if self._batch.marks and (read < TURN_BYTES or monotonic - self._batch.created > BATCH_AGE_S):
            self._hand_over()
        if self._is_due("save", SAVE_S, monotonic):
            self._save()
        if self._is_due("figures", FIGURES_S, monotonic):
            self.count()
        return read > 0

    def _is_due(self, name: str, every_s: float, monotonic: float) -> bool:
        if monotonic < self._due[name]:
            return False
        self._due[name] = monotonic + every_s
        return True

    def _hand_over(self) -> None:
        batch, self._batch = self._batch, Batch(created=time.monotonic())
        if batch.cut:
            self._save()
        while not self.stopping.is_set():
            try:
                self._out.put(batch, timeout=SAVE_S)
                return
            except queue.Full:
                self._save()
                self.discover()  # holds on to files that are rotated away before their turn comes
                self.count()

    def _save(self) -> None:
        """A full disk does not end the shipping: checkpoints that are too old only send documents again."""
        try:
            self._checkpoints.save()
        except OSError as error:
            if self._is_due("complain", COMPLAIN_S, time.monotonic()):
                logger.error("Checkpoints cannot be saved", extra={"reason": str(error)})

    def _finish(self) -> None:
        for chain in self._chains.values():
            chain.close()

    # Files

    def discover(self) -> None:
        """Look for new, renamed and vanished files."""
        found: dict[str, tuple[Found, FilesInput | ContainersInput]] = {}
        kinds: list[FilesInput | ContainersInput] = [*self._config.inputs.files, *self._config.inputs.containers]
        for kind in kinds:
            for file in discover(self._folders, kind.paths, kind.exclude):
                found.setdefault(file.real, (file, kind))
        owned = {(t.device, t.inode): real for real, chain in self._chains.items() for t in chain.tails if not t.gone}
        for real, (file, kind) in found.items():
            chain = self._chains.get(real)
            if chain is None:
                chain = self._new_chain(file, kind)
            others = {key for key, owner in owned.items() if owner != real}
            chain.update(file, others)
            if chain.tails:
                self._chains[real] = chain
        for real, chain in list(self._chains.items()):
            if real not in found:
                left = siblings(self._folders, real)  # renamed, and not yet begun anew
                chain.update(
                    Found(real, real, left) if left else None, {k for k, owner in owned.items() if owner != real}
                )
                if chain.finished:
                    self._drop(real)
        if self._is_due("sweep", SWEEP_S, time.monotonic()):
            self._folders.sweep()

    def _new_chain(self, file: Found, kind: FilesInput | ContainersInput) -> Chain:
        metadata, labels = self._metadata(file, kind)
        self._labels[file.real] = labels
        shape = "plain"
        if isinstance(kind, ContainersInput):
            docker = kind.format == "docker" or (kind.format == "auto" and file.real.endswith("-json.log"))
            shape = "docker" if docker else "cri"
        assembler = Assembler(
            shape=shape,
            parser=kind.parser,
            multiline=kind.multiline,
            metadata=metadata,
            action=self._action(labels),
        )
        from_end = isinstance(kind, FilesInput) and kind.start_at == "end"
        return Chain(file, assembler, self._checkpoints, from_end=from_end)

    def _action(self, labels: tuple[str, str, str]) -> Callable[[str], bytes]:
        namespace, _, service = labels
        output = self._config.output.elasticsearch
        index = str(output.index) if output is not None else "logs-pharos-default"
        return action_for(index.replace("{namespace}", namespace or "default").replace("{service}", service))

    def _metadata(self, file: Found, kind: FilesInput | ContainersInput) -> tuple[dict[str, Any], tuple[str, str, str]]:
        """What every document of a file carries, and its labels in metrics: namespace, pod, service."""
        names = (
            kubernetes_names(file.real) or kubernetes_names(file.path) if isinstance(kind, ContainersInput) else None
        )
        if names:
            service = names["container"]
        elif isinstance(kind, FilesInput) and kind.service:
            service = str(kind.service)
        else:
            service = file.path.rpartition("/")[2].split(".")[0]
        out: dict[str, Any] = {"service": service, "host": self._host}
        if names:
            out["kubernetes"] = {**names, "node": self._host}
        out["log"] = {"file": {"path": file.real}}
        out.update(kind.fields)
        return out, ((names or {}).get("namespace", ""), (names or {}).get("pod", ""), service)

    def _drop(self, real: str) -> None:
        self.count()
        self._chains.pop(real).close()
        self._counted.pop(real, None)
        for gauge in (self._metrics.lag_bytes, self._metrics.lag_seconds):
            gauge.remove(real)

    # Figures

    def count(self) -> None:
        """Move what the assemblers counted into the metrics."""
        monotonic = time.monotonic()
        for real, chain in self._chains.items():
            assembler = chain.assembler
            lines, malformed, truncated, levels = self._counted.get(real, (0, 0, 0, {}))
            self._metrics.read_lines.inc(assembler.lines - lines)
            self._metrics.malformed.inc(assembler.malformed - malformed)
            self._metrics.truncated.inc(chain.loss.truncated_files - truncated)
            for level, number in assembler.documents.by_level.items():
                if fresh := number - levels.get(level, 0):
                    self._metrics.lines.labels(*self._labels[real], level or "unknown").inc(fresh)
            self._counted[real] = (
                assembler.lines, assembler.malformed, chain.loss.truncated_files, dict(assembler.documents.by_level)
            )  # fmt: skip
            lag = chain.lag_bytes()
            self._metrics.lag_bytes.labels(real).set(lag)
            chain.behind_since = (chain.behind_since or monotonic) if lag else None
            self._metrics.lag_seconds.labels(real).set(monotonic - chain.behind_since if chain.behind_since else 0)
        self._metrics.files.set(sum(tail.open for chain in self._chains.values() for tail in chain.tails))
