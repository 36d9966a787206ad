"""Targets from YAML and JSON files, read again when a file changes.

Changes are noticed by modification time, looked at every few seconds: renames, symbolic links of config maps and network mounts
all work alike. A file that cannot be read or parsed keeps its last good targets.
"""

import glob
import logging
from pathlib import Path
from typing import Final

from collector.config.discovery import FileSdConfig
from collector.discovery.group import Publish, TargetGroup
from collector.discovery.metrics import sd_metrics
from collector.discovery.payload import parse_groups
from collector.discovery.registry import discoverers
from pharos.clock import Clock
from pharos.config import ConfigError

logger = logging.getLogger(__name__)

POLL_S: Final = 5.0

Stamp = tuple[int, int, int]


@discoverers.register("file_sd_configs")
class FileDiscovery:
    """Watches the files that match its patterns."""

    def __init__(self, config: FileSdConfig) -> None:
        self._patterns = config.files
        self._poll_s = min(POLL_S, config.refresh_interval or POLL_S)
        self._stamps: dict[str, Stamp] = {}
        self._groups: dict[str, list[TargetGroup]] = {}

    async def run(self, publish: Publish, clock: Clock) -> None:
        first = True
        while True:
            if self.refresh() or first:
                publish([group for path in sorted(self._groups) for group in self._groups[path]])
                first = False
            await clock.sleep(self._poll_s)

    def refresh(self) -> bool:
        """Look at the files; True when the targets may have changed."""
        paths = {path for pattern in self._patterns for path in glob.glob(pattern)}
        gone = self._groups.keys() - paths
        for path in gone:
            del self._groups[path]
            self._stamps.pop(path, None)
        changed = [path for path in sorted(paths) if self._refresh_file(path)]
        return bool(changed or gone)

    def _refresh_file(self, path: str) -> bool:
        try:
            info = Path(path).stat()
            stamp = (info.st_mtime_ns, info.st_size, info.st_ino)
            if self._stamps.get(path) == stamp:
                return False
            self._stamps[path] = stamp
            self._groups[path] = self._read(path)
        except (ConfigError, OSError) as error:
            sd_metrics.file_read_errors.inc()
            logger.error("Cannot read target file, its last targets stay", extra={"file": path, "reason": str(error)})
            return False
        return True

    def _read(self, path: str) -> list[TargetGroup]:
        groups = parse_groups(Path(path).read_text(), path)
        return [
            TargetGroup(group.targets, {**group.labels, "__meta_filepath": path}, f"{path}:{index}")
            for index, group in enumerate(groups)
        ]
