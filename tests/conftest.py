"""What every test shares: hypothesis tries the same examples in every CI run, and new ones at every developer's desk; a busy machine fails none."""

import os

import httpx
from hypothesis import settings

from tests.support.processes import PATIENCE_S

for shortcut in (httpx.get, httpx.post, httpx.put, httpx.delete):  # 5 s are too few on a busy machine
    shortcut.__kwdefaults__["timeout"] = PATIENCE_S

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
