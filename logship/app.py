"""`pharos logship`: wires inputs, sender, output and the web server."""

import argparse
import asyncio
import logging
import threading
import time
from pathlib import Path
from typing import Final

from logship.config import Config, load
from pharos import flags as flag_kit
from pharos.flags import Flags
from pharos.http.options import WebOptions
from pharos.service import Service

logger = logging.getLogger(__name__)

DRAIN_S: Final = 5.0


def add_flags(flags: Flags) -> None:
    flags.add("config.file", "Configuration file.", default="logship.yml", metavar="FILE")
    flags.add("config.check", "Check the configuration file and exit.", action="store_true")
    flags.add(
        "storage.path",
        "Folder of checkpoints, buffers and dead letters (default data/logship).",
        default="data/logship",
        metavar="DIR",
    )


def build(options: argparse.Namespace) -> Service | None:
    config = load(options.config_file)
    if options.config_check:
        print(f"{options.config_file}: the configuration is valid")  # noqa: T201 - the answer of a command
        return None
    return LogShip(options.config_file, config, Path(options.storage_path), flag_kit.web_options(options))


class LogShip(Service):
    """The shipper as a service: a reader thread, a sender thread, a web server."""

    name = "logship"

    def __init__(self, config_file: str, config: Config, folder: Path, web: WebOptions) -> None:
        super().__init__()
        self._config_file, self._config, self._folder, self._web_options = config_file, config, folder, web

    async def open(self) -> None:
        from logship.checkpoint import Checkpoints
        from logship.metrics import ShipMetrics
        from pharos.http.server import WebServer

        self._folder.mkdir(parents=True, exist_ok=True)
        self.metrics = ShipMetrics()
        self.checkpoints = Checkpoints(self._folder)
        self.checkpoints.load()
        self.web = WebServer(
            self._web_options, registry=self.metrics.registry, ready=lambda: not self._failed, reload=self.reload
        )
        self._failed = False
        await self.web.start()
        self._start_threads()
        self.spawn(self._watch(), "watch")

    def _start_threads(self) -> None:
        from logship.deadletter import DeadLetters
        from logship.outputs import outlet_for
        from logship.reader import Reader
        from logship.sender import Backoff, Sender

        batching = self._config.batching
        self._outlet = outlet_for(self._config.output)
        self.sender = Sender(
            self._outlet,
            DeadLetters(self._folder),
            self.metrics,
            lambda: Backoff(float(batching.retry_min), float(batching.retry_max)),
            lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            batching.max_in_flight,
        )
        self.reader = Reader(self._config, self.checkpoints, self.sender.queue, self.metrics)
        self._threads = [
            threading.Thread(target=work, name=f"logship-{name}", daemon=True)
            for name, work in (("sender", self.sender.run), ("reader", self.reader.run))
        ]
        for thread in self._threads:
            thread.start()
        self._pausing = False

    async def _watch(self) -> None:
        """A thread that died ends the service: half a shipper loses logs in silence."""
        while True:
            await asyncio.sleep(1.0)
            dead = [thread.name for thread in self._threads if not thread.is_alive()]
            if dead and not self._pausing:
                self._failed = True
                raise RuntimeError(f"{dead[0]} ended unexpectedly, see the log")

    async def close(self) -> None:
        if hasattr(self, "reader"):
            await asyncio.to_thread(self._stop_threads)
        if hasattr(self, "web"):
            await self.web.stop()

    def _stop_threads(self) -> None:
        """Stop reading, deliver what is in flight if the output lets us, remember how far we came."""
        self._pausing = True
        sender, reader = self._threads
        self.reader.stopping.set()
        reader.join(DRAIN_S)
        deadline = threading.Timer(DRAIN_S, self.sender.stopping.set)
        deadline.start()
        self.sender.queue.put(None) if not self.sender.queue.full() else self._make_room()
        sender.join(DRAIN_S + 2)
        deadline.cancel()
        self.checkpoints.save()
        self._outlet.close()

    def _make_room(self) -> None:
        threading.Thread(target=self.sender.queue.put, args=(None,), daemon=True).start()

    async def reload(self) -> None:
        """Read the configuration anew; threads restart from the checkpoints, so that no line is lost or doubled."""
        config = await asyncio.to_thread(load, self._config_file)
        await asyncio.to_thread(self._restart, config)

    def _restart(self, config: Config) -> None:
        old = self._threads
        self._stop_threads()
        self._config = config
        self._start_threads()
        assert all(not thread.is_alive() for thread in old)
