"""The C library's allocator: fewer arenas, and memory that is not in use given back. Without effect where the C library has no such thing."""

import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8  # of glibc's malloc.h
_LIBC = ctypes.CDLL(None)


def limit_arenas(count: int) -> bool:
    """Let threads share `count` arenas; each keeps what was freed in it. To be called before threads start; whether it worked."""
    mallopt = getattr(_LIBC, "mallopt", None)
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, count))


def give_back() -> bool:
    """Give freed pages of all arenas back to the system; whether there were any."""
    trim = getattr(_LIBC, "malloc_trim", None)
    return trim is not None and bool(trim(0))
