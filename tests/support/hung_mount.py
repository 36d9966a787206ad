"""A mount that hangs: a FUSE file system of this process that answers the handshake and then nothing.

    python -m tests.support.hung_mount FOLDER COMMAND...

Mounts it on FOLDER in a mount namespace of its own, so that nobody else on this machine ever meets it, and runs the command there. When this
process ends, the kernel lets go of all who wait.
"""

import ctypes
import os
import signal
import struct
import subprocess
import sys
import threading

_CLONE_NEWNS = 0x20000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_FUSE_INIT = 26
# struct fuse_in_header: length, opcode, unique, node, user, group, process, padding (linux/fuse.h).
_IN = struct.Struct("=IIQQIIII")
_OUT = struct.Struct("=IiQ")


def main(folder: str, command: list[str]) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_CLONE_NEWNS), "unshare")
    _check(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "private mounts")
    fuse = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
    _check(libc.mount(b"lantern", folder.encode(), b"fuse", 0, options), "mount fuse")
    threading.Thread(target=_shake_hands, args=(fuse,), daemon=True).start()
    with subprocess.Popen(command) as child:
        signal.signal(signal.SIGTERM, lambda *_: child.kill())
        return child.wait()


def _shake_hands(fuse: int) -> None:
    """Answer INIT with protocol 7.23; whatever comes after is never read."""
    request = os.read(fuse, 1 << 17)
    _, opcode, unique, *_ = _IN.unpack_from(request)
    assert opcode == _FUSE_INIT
    major, minor, readahead, flags = struct.unpack_from("=IIII", request, _IN.size)
    body = struct.pack("=IIIIHHIIHH8I", major, min(minor, 23), readahead, flags & 0, 12, 9, 4096, 1, 0, 0, *([0] * 8))
    os.write(fuse, _OUT.pack(_OUT.size + len(body), 0, unique) + body)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
