"""A supervised part ends with its supervisor, even when that one is killed without a chance to say so."""

import ctypes
import os
import signal
from typing import Final

VARIABLE: Final = "PHAROS_SUPERVISOR_PID"
_PR_SET_PDEATHSIG: Final = 1


def tie_to_supervisor() -> None:
    """Ask the kernel for SIGTERM when the supervisor dies; does nothing for a part that was started by hand."""
    supervisor = os.environ.pop(VARIABLE, "")
    if not supervisor:
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(supervisor):  # it died between fork and prctl
        os.kill(os.getpid(), signal.SIGTERM)
