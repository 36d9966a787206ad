"""Which operating system this is."""

import datetime
import os
import re
import shlex
from collections.abc import Iterator
from typing import Final

from exporters.files import read_lines
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from pharos.exposition import Metric, gauge

_LABELS: Final = (
    "build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name", "variant", "variant_id", "version",
    "version_codename", "version_id",
)  # fmt: skip
_HELP: Final = f"A metric with a constant '1' value labeled by {', '.join(_LABELS)}."


@collectors.register("os")
class OsRelease:
    """Operating system release info of /etc/os-release or /usr/lib/os-release, read again when the file has changed."""

    def __init__(self, host: Host) -> None:
        self._paths = [host.root("etc/os-release"), host.root("usr/lib/os-release")]
        self._known: tuple[str, int] = ("", 0)
        self._metrics: list[Metric] = []

    def __call__(self) -> Iterator[Metric]:
        for path in self._paths:
            try:
                identity = (path, os.stat(path).st_mtime_ns)
            except FileNotFoundError:
                continue
            if identity != self._known:
                self._metrics, self._known = list(_metrics(_read(path))), identity
            yield from self._metrics
            return
        raise NoData("no os-release file")


def _metrics(release: dict[str, str]) -> Iterator[Metric]:
    yield gauge("node_os_info", _HELP, 1, {label: release.get(label.upper(), "") for label in _LABELS})
    version = re.match(r"[0-9]+\.?[0-9]*", release.get("VERSION_ID", ""))
    if version is not None and float(version[0]) > 0:
        labels = {label: release.get(label.upper(), "") for label in ("id", "id_like", "name")}
        text = "Metric containing the major.minor part of the OS version."
        yield gauge("node_os_version", text, float(version[0]), labels)
    if release.get("SUPPORT_END"):
        end = datetime.datetime.fromisoformat(release["SUPPORT_END"]).replace(tzinfo=datetime.UTC)
        text = "Metric containing the end-of-life date timestamp of the OS."
        yield gauge("node_os_support_end_timestamp_seconds", text, end.timestamp())


def _read(path: str) -> dict[str, str]:
    pairs = (line.strip().partition("=") for line in read_lines(path) if "=" in line and not line.startswith("#"))
    return {key: "".join(shlex.split(value)) for key, _, value in pairs}
