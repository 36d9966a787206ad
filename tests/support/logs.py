"""A shipper without threads and network: files in, documents out, time by hand."""

import queue
from pathlib import Path
from typing import Any

import orjson

from logship.checkpoint import Checkpoints
from logship.config import Config, FilesInput, Inputs, Output, StdoutOutput, Text
from logship.metrics import ShipMetrics
from logship.reader import Reader
from logship.record import Batch


class Shipper:
    """Reads `<folder>/*.log`. `turn` looks once; documents are delivered only when `deliver` is called."""

    def __init__(self, folder: Path, storage: Path, multiline: str = "none") -> None:
        inputs = Inputs(files=(FilesInput(paths=(Text(f"{folder}/*.log"),), parser="plain", multiline=multiline),))  # type: ignore[arg-type]
        self.out: queue.Queue[Batch | None] = queue.Queue()
        self.checkpoints = Checkpoints(storage)
        self.checkpoints.load()
        self.reader = Reader(
            Config(Output(stdout=StdoutOutput()), inputs, Text("node")), self.checkpoints, self.out, ShipMetrics()
        )
        self.time = 100.0

    def turn(self, seconds: float = 1.0) -> None:
        """Let time pass and look once."""
        self.time += seconds
        self.reader.turn(self.time)

    def deliver(self) -> dict[str, str]:
        """Take everything that was handed over; returns id -> message."""
        found: dict[str, str] = {}
        while not self.out.empty():
            batch = self.out.get()
            assert batch is not None
            for item in batch.items:
                action, document = (orjson.loads(line) for line in item.splitlines())
                found[_id(action)] = document["message"]
            batch.check_off()
        return found

    def crash(self) -> None:
        """Drop what was handed over but not delivered; remember what was."""
        self.checkpoints.save()
        self.reader.stopping.set()
        self.reader.run()


def _id(action: dict[str, Any]) -> str:
    return str(action["create"]["_id"])
