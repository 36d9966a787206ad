"""Which operating system this is."""

import datetime
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
def os(host: Host) -> Iterator[Metric]:
    """Operating system release info of /etc/os-release or /usr/lib/os-release."""
    release = _read(host)
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


def _read(host: Host) -> dict[str, str]:
    for path in ("etc/os-release", "usr/lib/os-release"):
        try:
            lines = read_lines(host.root(path))
        except FileNotFoundError:
            continue
        pairs = (line.strip().partition("=") for line in lines if "=" in line and not line.startswith("#"))
        return {key: "".join(shlex.split(value)) for key, _, value in pairs}
    raise NoData("no os-release file")
