"""What tests with real processes and sockets share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def leaks_show_where_they_are() -> Iterator[None]:
    """A socket left open fails a test of the file that left it, not whichever runs when garbage is next collected."""
    yield
    gc.collect()
