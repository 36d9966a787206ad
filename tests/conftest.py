"""What every test shares: hypothesis tries the same examples in every CI run, and new ones at every developer's desk; a busy machine fails none."""

import os

from hypothesis import settings

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
