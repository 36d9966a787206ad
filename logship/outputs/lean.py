"""Importing the official client without the HTTP libraries it can use but does not need here: 9 MB less on every node."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Final

_OPTIONAL: Final = ("requests", "httpx", "aiohttp", "opentelemetry", "numpy", "pandas", "pyarrow")


@contextlib.contextmanager
def without_optional_libraries() -> Iterator[None]:
    """Inside, importing one of them fails as if it were not installed; those already imported stay."""
    hidden = [name for name in _OPTIONAL if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None means "not to be found"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
