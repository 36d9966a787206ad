"""What every test shares: hypothesis tries the same examples in every CI run, and new ones at every developer's desk."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
