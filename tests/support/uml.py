"""A Linux of our own, started as a process: User-mode Linux on this machine's files, read-only, with cgroup v2.

The guest runs as root in its own kernel with one CPU, loopback only and `/run` as its only writable place, of which `/run/out` is a folder of
the host.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.peers import ROOT, find_peer

_INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/out /run/tmp
mount -t hostfs none /run/out -o {out}
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo '+cpu +memory +io +pids' > /sys/fs/cgroup/cgroup.subtree_control
ip link set lo up
export TMPDIR=/run/tmp HOME=/run/tmp PATH={path} PHAROS_GUEST=1 PYTHONDONTWRITEBYTECODE=1
cd {checkout}
{command} > /run/out/output 2>&1
echo $? > /run/out/rc
sync
busybox halt -f
"""


@dataclass(frozen=True)
class Guest:
    """What a guest left: the exit code of its command and the output."""

    code: int
    output: str


def in_guest() -> bool:
    """Whether this is the guest."""
    return os.environ.get("PHAROS_GUEST") == "1"


def run_in_guest(command: str, folder: Path, timeout_s: float = 600.0) -> Guest:
    """Boot, run a shell command in the checkout, halt. Skips, by name, where that cannot be."""
    binary = os.environ.get("PHAROS_UML") or find_peer("linux.uml")
    if binary is None:
        pytest.skip("linux.uml is not installed: apt-get download user-mode-linux")
    if subprocess.run([binary, "--version"], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{binary} does not start here: it was built for a newer C library")
    if os.geteuid() != 0:
        pytest.skip("User-mode Linux on the host's files needs root")
    out = folder / "out"
    out.mkdir()
    init = folder / "init.sh"
    path = f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"
    init.write_text(_INIT.format(out=out, path=path, checkout=ROOT, command=command))
    init.chmod(0o755)
    argv = [binary, "mem=768M", "rootfstype=hostfs", "rootflags=/", "ro", f"init={init}", "con=null", "con0=fd:0,fd:1"]
    with (folder / "console").open("wb") as console:
        process = subprocess.Popen(
            [*argv, "quiet"], stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
        )
        try:
            process.wait(timeout_s)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, 9)
                process.wait(10)
    if not (out / "rc").exists():
        raise AssertionError("the guest did not finish:\n" + (folder / "console").read_text(errors="replace")[-3000:])
    return Guest(int((out / "rc").read_text()), (out / "output").read_text(errors="replace"))
