"""A containerd of our own with real pods: its own folders and socket, an image made here of busybox.

It runs in a network namespace of its own that leads nowhere; pods are in it, or have theirs by Debian's CNI plugins.
"""

import asyncio
import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from exporters.container.runtimes.grpc import GrpcChannel
from exporters.container.runtimes.protobuf import Message, text_field
from tests.support.peers import ROOT
from tests.support.processes import running, wait_for

IMAGE = "docker.io/library/lamp:1"
_CONFIG = """version = 2
root = "{folder}/root"
state = "{folder}/state"
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{image}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
"""
# Loaded only where the plug-ins are; `ptp` gives each pod a pair of interfaces.
_NETWORK = {
    "cniVersion": "0.4.0",
    "name": "harbour",
    "plugins": [
        {"type": "ptp", "ipMasq": False, "ipam": {"type": "host-local", "subnet": "10.244.7.0/24"}},
    ],
}
_PLUGINS = (f"{ROOT}/.peers/usr/lib/cni", "/usr/lib/cni")
_SERVICE = "/runtime.v1.RuntimeService"
_POD, _NODE = 0, 2


def number(field: int, value: int) -> bytes:
    """A varint field."""
    out = bytearray([field << 3])
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def nested(field: int, data: bytes) -> bytes:
    """A field that is a message."""
    return bytes([field << 3 | 2]) + number(0, len(data))[1:] + data


@dataclass(frozen=True)
class Containerd:
    """A running containerd."""

    folder: Path
    parent: str
    sandboxes: list[str] = field(default_factory=list)

    @property
    def socket(self) -> str:
        return f"{self.folder}/containerd.sock"

    def pod(self, name: str, namespace: str, uid: str, *, own_network: bool = False) -> tuple[str, bytes]:
        """Start a pod; returns its sandbox's id and its configuration, which containers need too."""
        namespaces = nested(2, nested(1, number(1, _POD if own_network else _NODE)))
        config = (
            nested(1, text_field(1, name) + text_field(2, uid) + text_field(3, namespace))
            + text_field(3, f"{self.folder}/logs")
            + nested(8, text_field(1, f"{self.parent}/pod{uid}") + namespaces)
        )
        sandbox = self._call("RunPodSandbox", nested(1, config)).text(1)
        self.sandboxes.append(sandbox)
        return sandbox, config

    def container(self, sandbox: str, pod: bytes, name: str, command: str, *, attempt: int = 0) -> str:
        """Start a container with limits; returns its id."""
        resources = number(1, 100_000) + number(2, 20_000) + number(3, 256) + number(4, 32 << 20)
        config = (
            nested(1, text_field(1, name) + number(2, attempt))
            + nested(2, text_field(1, IMAGE))
            + b"".join(text_field(3, word) for word in ("/bin/sh", "-c", command))
            + text_field(11, f"{name}.log")
            + nested(15, nested(1, resources))
        )
        request = text_field(1, sandbox) + nested(2, config) + nested(3, pod)
        made = self._call("CreateContainer", request).text(1)
        self._call("StartContainer", text_field(1, made))
        return made

    def clear(self) -> None:
        """Remove all pods that were started."""
        while self.sandboxes:
            sandbox = self.sandboxes.pop()
            self._call("StopPodSandbox", text_field(1, sandbox))
            self._call("RemovePodSandbox", text_field(1, sandbox))

    def _call(self, method: str, request: bytes) -> Message:
        async def once() -> bytes:
            channel = GrpcChannel(self.socket, timeout_s=60)
            try:
                return await channel.call(f"{_SERVICE}/{method}", request)
            finally:
                await channel.close()

        return Message(asyncio.run(once()))


@contextlib.contextmanager
def containerd(folder: Path) -> Iterator[Containerd]:
    """Run containerd until the block ends. Skips, by name, where it cannot be."""
    if os.geteuid() != 0:
        pytest.skip("containerd needs root")
    path = search_path()
    for tool in ("containerd", "ctr", "runc", "busybox"):
        if shutil.which(tool, path=path) is None:
            pytest.skip(f"{tool} is not installed: apt-get install containerd runc busybox-static")
    plugins = cni_plugins()
    (folder / "config.toml").write_text(_CONFIG.format(folder=folder, image=IMAGE, plugins=plugins))
    (folder / "cni").mkdir()
    if plugins:
        (folder / "cni/10-harbour.conflist").write_text(
            json.dumps(_NETWORK).replace('"host-local"', f'"host-local", "dataDir": "{folder}/addresses"')
        )
    place = Containerd(folder, f"/pharos{os.getpid()}/kubepods/burstable")
    binary = shutil.which("containerd", path=path) or ""
    environment = {**os.environ, "PATH": path}
    with running(["unshare", "--net", binary, "-c", f"{folder}/config.toml"], folder / "log", env=environment):
        ctr = [shutil.which("ctr", path=path) or "", "-a", place.socket, "-n", "k8s.io"]
        _image(folder / "image.tar")
        imported = [*ctr, "images", "import", "--snapshotter", "native", f"{folder}/image.tar"]
        wait_for("containerd", lambda: subprocess.run(imported, capture_output=True, check=False).returncode == 0)
        try:
            yield place
        finally:
            place.clear()
            remove_cgroups(place.parent.strip("/").split("/")[0])


def search_path() -> str:
    """Where programs are looked for: first among the unpacked packages."""
    return f"{ROOT}/.peers/usr/bin:{ROOT}/.peers/usr/sbin:{os.environ['PATH']}"


def cni_plugins() -> str:
    """The folder with CNI plug-ins; empty where there is none."""
    return next((folder for folder in _PLUGINS if Path(folder, "ptp").exists()), "")


def remove_cgroups(top: str) -> None:
    """Remove what containers left in the cgroup trees below a folder of ours."""
    for tree in [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").iterdir()]:
        for inner, _, _ in os.walk(tree / top, topdown=False):
            with contextlib.suppress(OSError):
                Path(inner).rmdir()


def _image(path: Path) -> None:
    """An OCI image layout in a tar: one layer with busybox."""
    layer = root_archive()
    rootfs = {"type": "layers", "diff_ids": [_digest(layer)]}
    command = ["/bin/sh", "-c", "while :; do sleep 3600; done"]
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "config": {"Entrypoint": command}, "rootfs": rootfs}
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "config": _descriptor("application/vnd.oci.image.config.v1+json", config),
            "layers": [_descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
        }
    ).encode()
    entry = _descriptor("application/vnd.oci.image.manifest.v1+json", manifest)
    entry["annotations"] = {"io.containerd.image.name": IMAGE}
    files = {f"blobs/{_digest(blob).replace(':', '/')}": blob for blob in (layer, config, manifest)}
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    path.write_bytes(_tar(files))


def root_archive() -> bytes:
    """A root file system of busybox as a tar."""
    busybox = Path(shutil.which("busybox") or "").read_bytes()
    return _tar({"bin/busybox": busybox}, ("sh", "sleep", "echo", "cat", "dd", "test"))


def _tar(files: dict[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            archive.addfile(info, io.BytesIO(data))
        for name in links:
            info = tarfile.TarInfo(f"bin/{name}")
            info.type, info.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(info)
    return out.getvalue()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _descriptor(kind: str, data: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": _digest(data), "size": len(data)}
